// Gonfalon is one binary: `gonfalon serve` runs the control plane, and every other verb is a client of it or works
// offline on files. Each verb is a file, or shares one with its few siblings, named as it is typed. Verbs of one word
// hang in main.go, the others where their siblings do: flags.go, envs.go, segments.go and so on.
//
// Every setting is a flag, and can also come from the environment (--data-dir is GONFALON_DATA_DIR) or from the YAML
// file that --config names (data-dir: …). A flag overrides the environment, which overrides the file: settings.go.
//
// CONTRIBUTING.md states what the verbs share: output, exit status, questions. manners_test.go holds each verb to it.
package main
