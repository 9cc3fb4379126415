// Package deploy has no code: the test starts the binary with the settings that the files here give it.
package deploy

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// binary builds gonfalon as releases have it: it needs no library, and one build serves the cache of all.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gonfalon")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, "../cmd/gonfalon")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// settings gives what the binary makes of arguments and environment.
func settings(t *testing.T, path string, env []string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), path, append(args, "--print-config")...)
	c.Env = env
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v %v: %v\n%s", env, args, err, out)
	}
	return string(out)
}

type probe struct {
	HTTPGet struct{ Path string } `yaml:"httpGet"`
}

type object struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Replicas int
		Template struct {
			Spec struct {
				SecurityContext struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
				} `yaml:"securityContext"`
				Containers []struct {
					Name            string
					SecurityContext struct {
						ReadOnlyRootFilesystem bool `yaml:"readOnlyRootFilesystem"`
					} `yaml:"securityContext"`
					StartupProbe   probe `yaml:"startupProbe"`
					LivenessProbe  probe `yaml:"livenessProbe"`
					ReadinessProbe probe `yaml:"readinessProbe"`
					Args           []string
					Env            []struct {
						Name  string
						Value string
					}
				}
			}
		}
	}
}

func objects(t *testing.T, file string) map[string]object {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]object{}
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var o object
		if err := decoder.Decode(&o); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[o.Kind+"/"+o.Metadata.Name] = o
	}
}

func TestSettings(t *testing.T) {
	path := binary(t)
	unit, err := os.ReadFile("gonfalon.service")
	if err != nil {
		t.Fatal(err)
	}
	start := regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindSubmatch(unit)
	if start == nil {
		t.Fatal("the unit has no ExecStart")
	}
	if got := settings(t, path, nil, strings.Fields(string(start[1]))[1:]...); !strings.Contains(got, "/var/lib/gonfalon") {
		t.Errorf("the unit: %s", got)
	}

	if !regexp.MustCompile(`(?m)^ExecReload=.* -HUP \$MAINPID$`).Match(unit) {
		t.Error("systemctl reload doesn't let the unit's server read its settings again")
	}

	image, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	env := regexp.MustCompile(`(?m)^ENV (.*)$`).FindSubmatch(image)
	if env == nil {
		t.Fatal("the image sets nothing")
	}
	if got := settings(t, path, strings.Fields(string(env[1])), "serve"); !strings.Contains(got, "0.0.0.0:8080") || !strings.Contains(got, "/data") {
		t.Errorf("the image: %s", got)
	}

	if members := objects(t, "kubernetes/etcd.yaml")["StatefulSet/etcd"]; members.Spec.Replicas != 3 {
		t.Errorf("%+v", members)
	}
}
