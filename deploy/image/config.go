package main

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// user is the number of the user and the group that the image runs as: the one that images without a shell call nonroot.
const user = 65532

// config returns how the image is run. A test holds it against the Dockerfile.
func (b build) config(image v1.Image, platform *v1.Platform, created v1.Time) *v1.ConfigFile {
	was, err := image.ConfigFile()
	if err != nil {
		panic(err) // the image was made here
	}
	c := was.DeepCopy()
	c.OS, c.Architecture, c.Variant, c.Created = platform.OS, platform.Architecture, platform.Variant, created
	c.Config = v1.Config{
		User:         "65532:65532",
		Env:          []string{"PATH=/usr/local/bin", "GONFALON_LISTEN=0.0.0.0:8080", "GONFALON_DATA_DIR=/data", "GONFALON_LOG_FORMAT=json"},
		Entrypoint:   []string{"/usr/local/bin/gonfalon"},
		Cmd:          []string{"serve"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Volumes:      map[string]struct{}{"/data": {}},
		StopSignal:   "SIGTERM",
		WorkingDir:   "/data",
		Labels: map[string]string{
			"org.opencontainers.image.title":    "Gonfalon",
			"org.opencontainers.image.source":   "https://github.com/gonfalon-flags/gonfalon",
			"org.opencontainers.image.version":  b.version,
			"org.opencontainers.image.revision": b.revision,
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	return c
}
