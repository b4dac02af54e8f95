raise OSError(5, "no disk today")
