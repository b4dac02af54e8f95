raise SyntaxError("no Python")
