module server

go 1.23

// Its sshmarshal does not build with later ones.
require golang.org/x/crypto v0.1.0
