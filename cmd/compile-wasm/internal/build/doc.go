// Package build runs the compiler's stages one after the other: load, check the
// subset, analyse, lower, optimise, emit. It also runs the package initialisers,
// at build time, in wazero's interpreter: what they leave in memory becomes the
// module's data segments, so a new instance starts with everything in place and
// the initialisers themselves aren't part of the module. They have a budget of
// steps and memory. The frames of each chain of calls have to fit the stack. Last of all it reads the
// module back, and refuses one that a machine would refuse or misread.
package build
