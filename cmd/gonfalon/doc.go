// Gonfalon is one binary: `gonfalon serve` runs the control plane, and every other verb is a client of it or works offline on
// files. Each verb is a file, or shares one with its few siblings, named as it is typed; main.go is the root that they hang on.
//
// Every setting is a flag, and can as well be given by the environment (--data-dir is GONFALON_DATA_DIR) or in a YAML file
// (data-dir: …) named by --config. A flag beats the environment, which beats the file, which beats the default: settings.go.
//
// The exit status is 0 if what was asked was done, 1 if it was not, 2 if the command line made no sense.
package main
