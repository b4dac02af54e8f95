from rotten.mute import Mute

raise Mute
