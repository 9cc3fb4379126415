package deploy

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// descriptor is a part of an OCI layout that names another one.
type descriptor struct {
	Digest   string
	Platform struct{ OS, Architecture string }
}

// manifest is an index or an image of an OCI layout.
type manifest struct {
	Manifests, Layers []descriptor
	Config            descriptor
}

// imageConfig is how an image is run.
type imageConfig struct {
	Architecture string
	Config       struct {
		User, StopSignal     string
		Env, Entrypoint, Cmd []string
		ExposedPorts         map[string]any
		Volumes              map[string]any
		Labels               map[string]string
	}
}

// unpack writes what a tar file has below a folder. As root it also gives files their owners.
func unpack(t *testing.T, from io.Reader, to string) {
	t.Helper()
	for archive := tar.NewReader(from); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return
		}
		path := filepath.Join(to, filepath.FromSlash(h.Name))
		if err == nil && h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else if err == nil {
			var content []byte
			if content, err = io.ReadAll(archive); err == nil {
				err = os.MkdirAll(filepath.Dir(path), 0o755)
			}
			if err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err == nil && os.Getuid() == 0 {
			err = os.Chown(path, h.Uid, h.Gid)
		}
		if err == nil {
			err = os.Chmod(path, h.FileInfo().Mode())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// layoutOf writes the image for this machine's architecture and another, and unpacks the layout.
func layoutOf(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "image.tar")
	program := binary(t)
	var out [2][]byte
	for i := range out {
		c := exec.CommandContext(t.Context(), "go", "run", ".", "-o", file, "-version", "1.2.3", "-revision", "abc", "-time", "1700000000",
			"linux/"+runtime.GOARCH+"="+program, "linux/s390x="+program)
		c.Dir = "image"
		said, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		if out[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(out[0], out[1]) {
		t.Error("the same arguments write another image")
	}
	archive, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	unpack(t, archive, filepath.Join(folder, "layout"))
	return filepath.Join(folder, "layout")
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestImage unpacks the image that scripts/image writes, and runs what is in it: as root in a root directory of its own, as the
// image's user.
func TestImage(t *testing.T) {
	layout := layoutOf(t)
	blob := func(d descriptor) string {
		return filepath.Join(layout, "blobs", strings.Replace(d.Digest, ":", "/", 1))
	}
	var top, index, image manifest
	readJSON(t, filepath.Join(layout, "index.json"), &top)
	if len(top.Manifests) != 1 {
		t.Fatalf("the layout has %d entries, and not one index", len(top.Manifests))
	}
	readJSON(t, blob(top.Manifests[0]), &index)
	if len(index.Manifests) != 2 || index.Manifests[0].Platform.Architecture != runtime.GOARCH || index.Manifests[1].Platform.Architecture != "s390x" {
		t.Fatalf("the index has %+v", index.Manifests)
	}
	readJSON(t, blob(index.Manifests[0]), &image)
	var config imageConfig
	readJSON(t, blob(image.Config), &config)
	if len(image.Layers) != 1 || config.Architecture != runtime.GOARCH {
		t.Fatalf("the image is %+v, and its settings %+v", image, config)
	}
	likeDockerfile(t, config)

	layer, err := os.Open(blob(image.Layers[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = layer.Close() }()
	files, err := gzip.NewReader(layer)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	unpack(t, files, root)
	trusted, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))
	if err != nil {
		t.Fatal(err)
	}
	if first, rest := pem.Decode(trusted); first == nil || len(rest) < 10_000 {
		t.Error("the image trusts no authority")
	}
	runImage(t, root, config)
}

// likeDockerfile checks that an image is run as one of the Dockerfile is.
func likeDockerfile(t *testing.T, got imageConfig) {
	t.Helper()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	says := func(word string) string {
		m := regexp.MustCompile(`(?m)^`+word+` (.*)$`).FindAllStringSubmatch(string(text), -1)
		if m == nil {
			t.Fatalf("the Dockerfile has no %s", word)
		}
		return m[len(m)-1][1]
	}
	list := func(words []string) string {
		text, err := json.Marshal(words)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	c := got.Config
	for word, is := range map[string]string{
		"ENTRYPOINT": list(c.Entrypoint), "CMD": list(c.Cmd), "STOPSIGNAL": c.StopSignal, "ENV": strings.Join(c.Env[1:], " "),
	} {
		if is != says(word) {
			t.Errorf("%s is %s, and in the Dockerfile %s", word, is, says(word))
		}
	}
	if c.ExposedPorts[says("EXPOSE")+"/tcp"] == nil || c.Volumes[says("VOLUME")] == nil {
		t.Errorf("the image has the ports %v and the volumes %v", c.ExposedPorts, c.Volumes)
	}
	if c.User != "65532:65532" || c.Labels["org.opencontainers.image.revision"] != "abc" || c.Labels["org.opencontainers.image.version"] != "1.2.3" {
		t.Errorf("the image's user is %q, and its labels are %v", c.User, c.Labels)
	}
}
