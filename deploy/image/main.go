// Command image writes a container image of gonfalon as an OCI layout in a tar file, without a daemon and without a base image.
//
// The image has the binary, the root certificates that Go's project keeps, a user without rights, and an empty /data for it. Each
// argument is a platform and its binary: linux/amd64=bin/gonfalon. The same arguments write the same bytes. scripts/image runs it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// build is what an image is told of the build that it comes from.
type build struct {
	version, revision string
	time              time.Time
}

func main() {
	log.SetFlags(0)
	var b build
	out := flag.String("o", "image.tar", "the file to write")
	flag.StringVar(&b.version, "version", "", "the version, which becomes the tag")
	flag.StringVar(&b.revision, "revision", "", "the commit")
	epoch := flag.Int64("time", 0, "the time of the commit, in seconds since 1970")
	flag.Parse()
	b.time = time.Unix(*epoch, 0).UTC()
	if err := b.write(*out, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

// write writes one image for each platform, and an index of them, into a tar file.
func (b build) write(out string, platforms []string) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, argument := range platforms {
		name, binary, found := strings.Cut(argument, "=")
		platform, err := v1.ParsePlatform(name)
		if err != nil || !found {
			return fmt.Errorf("%q is not a platform and its binary, as linux/amd64=bin/gonfalon", argument)
		}
		image, err := b.image(platform, binary)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	folder, err := os.MkdirTemp("", "image")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	tag := map[string]string{
		"org.opencontainers.image.ref.name": b.version,
		"io.containerd.image.name":          "docker.io/library/gonfalon:" + b.version,
	}
	if err := path.AppendIndex(index, layout.WithAnnotations(tag)); err != nil {
		return err
	}
	return archive(out, folder, b.time)
}

// image returns the image of one platform.
func (b build) image(platform *v1.Platform, binary string) (v1.Image, error) {
	layer, err := files(binary, b.time)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	created := v1.Time{Time: b.time}
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: created, CreatedBy: "scripts/image"},
	})
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(image, b.config(image, platform, created))
}
