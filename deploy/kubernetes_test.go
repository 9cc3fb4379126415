package deploy

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the plain manifests")

// rendered are the manifests that are checked in, and the chart's values that each is made from. "" stands for the defaults.
var rendered = map[string]string{"kubernetes/single.yaml": "", "kubernetes/gonfalon.yaml": "kubernetes/values.yaml"}

// chart runs Helm on the chart, which stands for the word CHART.
type chart struct{ helm, folder string }

func openChart(t *testing.T) chart {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "tool", "-n", "helm") // it builds it, unless it has done so before
	build.Dir = "testdata/helm"
	var problems strings.Builder
	build.Stderr = &problems
	path, err := build.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	folder, err := filepath.Abs("helm")
	if err != nil {
		t.Fatal(err)
	}
	return chart{strings.TrimSpace(string(path)), folder}
}

// run runs Helm without a cluster, and returns what it prints.
func (c chart) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	for i := range args {
		if args[i] == "CHART" {
			args[i] = c.folder
		}
	}
	home := t.TempDir()
	command := exec.CommandContext(t.Context(), c.helm, append(args, "--kube-version", "v1.37.0")...)
	command.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	err := command.Run()
	return out.String() + problems.String(), err
}

// render returns the manifests of a release that is called gonfalon.
func (c chart) render(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.run(t, append([]string{"template", "gonfalon", "CHART"}, args...)...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

// withValues returns the option for a file of values.
func withValues(file string) []string {
	if file == "" {
		return nil
	}
	return []string{"--values", file}
}

// validate checks files against Kubernetes' own schemas, which refuse fields that they don't know. It returns what is wrong,
// and the kinds that have no schema.
func validate(t *testing.T, files ...string) (problems string, unknown []string) {
	t.Helper()
	const program = "testdata/kubernetes/.venv/bin/kubernetes-validate"
	if _, err := os.Stat(program); err != nil {
		missing := t.Skip
		if os.Getenv("REQUIRE_ALL") == "1" {
			missing = t.Fatal
		}
		missing("the schemas are not installed: (cd deploy/testdata/kubernetes && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt)")
	}
	out, err := exec.CommandContext(t.Context(), program, append([]string{"--strict"}, files...)...).CombinedOutput()
	for _, m := range regexp.MustCompile(`Couldn't find schema for kind (\w+)`).FindAllStringSubmatch(string(out), -1) {
		unknown = append(unknown, m[1])
	}
	if err != nil {
		return string(out), unknown
	}
	if passed := bytes.Count(out, []byte(" passed for ")); passed < len(files) {
		t.Fatalf("only %d objects of %d files were validated:\n%s", passed, len(files), out)
	}
	return "", unknown
}

// TestManifests checks that the plain manifests are what the chart renders.
func TestManifests(t *testing.T) {
	t.Parallel()
	c := openChart(t)
	for file, values := range rendered {
		command := strings.Join(append([]string{"helm template gonfalon deploy/helm"}, withValues(values)...), " ")
		text := regexp.MustCompile(`(?m)^# Source: .*\n`).ReplaceAllString(c.render(t, withValues(values)...), "")
		text = "# make golden writes this file: " + strings.Replace(command, "kubernetes/", "deploy/kubernetes/", 1) + "\n" + text
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(file); err != nil || string(have) != text {
			t.Errorf("%s isn't what the chart renders: make golden (%v)", file, err)
		}
	}
}

// TestChart renders the chart with several values, and checks the objects by Kubernetes' schemas, and the settings by the server.
func TestChart(t *testing.T) {
	t.Parallel()
	c, server := openChart(t), binary(t)
	files := []string{"kubernetes/namespace.yaml", "kubernetes/etcd.yaml"}
	for _, row := range []struct {
		values   string
		objects  string
		settings []string
	}{
		{"", "Service StatefulSet", []string{"data-dir: /data # environment", "seed: false # environment"}},
		{"kubernetes/values.yaml", "Deployment PodDisruptionBudget Service", []string{"http://etcd-2.etcd:2379"}},
		{"testdata/values/volume.yaml", "Service ServiceMonitor StatefulSet", []string{"etcd-quota: 4294967296"}},
		{"testdata/values/claim.yaml", "Service StatefulSet", []string{"data-dir: /data"}},
		{"testdata/values/cluster.yaml", "Deployment Ingress PodDisruptionBudget Service ServiceMonitor", []string{
			"public-url: https://flags.example.com/api", "max-streams: 12345678", "rate-limit: 0.5", "dashboard-read-only: true", "grace: 20s",
			"allow-origins: ['https://shop.example.com', 'https://www.example.com']", "tls-cert: /etc/gonfalon/tls/tls.crt",
			"etcd-ca: /etc/gonfalon/etcd-ca/ca.crt", "etcd-key: /etc/gonfalon/etcd-cert/tls.key", "etcd-prefix: flags/", "etcd-username: gonfalon",
		}},
	} {
		t.Run(row.values, func(t *testing.T) {
			if out, err := c.run(t, append([]string{"lint", "CHART", "--strict"}, withValues(row.values)...)...); err != nil {
				t.Errorf("lint: %v\n%s", err, out)
			}
			file := filepath.Join(t.TempDir(), "rendered.yaml")
			if err := os.WriteFile(file, []byte(c.render(t, withValues(row.values)...)), 0o600); err != nil {
				t.Fatal(err)
			}
			var kinds []string
			all := objects(t, file)
			for _, o := range all {
				kinds = append(kinds, o.Kind)
			}
			if slices.Sort(kinds); strings.Join(kinds, " ") != row.objects {
				t.Errorf("the objects are %s; want %s", kinds, row.objects)
			}
			workload, is := all["StatefulSet/gonfalon"]
			if !is {
				workload = all["Deployment/gonfalon"]
			}
			got := started(t, server, workload)
			for _, want := range row.settings {
				if !strings.Contains(got, want) {
					t.Errorf("the server's settings lack %q:\n%s", want, got)
				}
			}
			problems, unknown := validate(t, file)
			if problems != "" || len(unknown) != strings.Count(row.objects, "ServiceMonitor") {
				t.Errorf("%s\n%s have no schema", problems, unknown)
			}
		})
	}
	if problems, unknown := validate(t, files...); problems != "" || len(unknown) > 0 {
		t.Errorf("%s\n%s have no schema", problems, unknown)
	}
}

// started checks the container of a workload, and returns what the server makes of its settings.
func started(t *testing.T, server string, workload object) string {
	t.Helper()
	pod := workload.Spec.Template.Spec
	if len(pod.Containers) != 1 {
		t.Fatalf("%+v", workload)
	}
	container := pod.Containers[0]
	// A replica that waits for its store is alive: a probe that asked for more would kill it for ever.
	if container.StartupProbe.HTTPGet.Path != "/healthz" || container.LivenessProbe.HTTPGet.Path != "/healthz" || container.ReadinessProbe.HTTPGet.Path != "/readyz" {
		t.Errorf("the probes are %+v", container)
	}
	if !pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.RunAsUser != 65532 || !container.SecurityContext.ReadOnlyRootFilesystem {
		t.Errorf("the pod may be root, or write: %+v %+v", pod.SecurityContext, container.SecurityContext)
	}
	var vars []string
	for _, e := range container.Env {
		if e.Value != "" {
			vars = append(vars, e.Name+"="+e.Value)
		}
	}
	return settings(t, server, vars, container.Args...)
}

// TestSettingsOfTheChart checks that the chart knows each setting of the server: those that it takes, and those that it sets itself.
func TestSettingsOfTheChart(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("helm/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Settings struct {
				PropertyNames struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	known := append(strings.Fields(`admin-token data-dir etcd-ca etcd-cert etcd-endpoints etcd-key etcd-password etcd-prefix etcd-username
		in-memory listen log-format replica tls-cert tls-key`), schema.Properties.Settings.PropertyNames.Enum...)
	slices.Sort(known)
	var have []string
	for line := range strings.Lines(settings(t, binary(t), nil, "serve")) {
		name, _, _ := strings.Cut(line, ":")
		have = append(have, name)
	}
	if !slices.Equal(known, have) {
		t.Errorf("the chart knows %v; the server has %v", known, have)
	}
}

// TestSchemasNotice checks that what is wrong in a manifest is found.
func TestSchemasNotice(t *testing.T) {
	t.Parallel()
	text := openChart(t).render(t)
	for name, edit := range map[string][2]string{
		"a field that isn't known": {"fsGroup:", "fsGruop:"},
		"a value of another type":  {"replicas: 1", "replicas: one"},
		"a field that is missing":  {"  serviceName: gonfalon\n  selector:", "  serviceName: gonfalon\n  x-selector:"},
	} {
		file := filepath.Join(t.TempDir(), "wrong.yaml")
		wrong := strings.Replace(text, edit[0], edit[1], 1)
		if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil || wrong == text {
			t.Fatal(name, err)
		}
		if problems, _ := validate(t, file); problems == "" {
			t.Errorf("nothing is wrong with %s", name)
		}
	}
}

// TestChartRefuses renders values that can't work, and checks that Helm says why.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	c := openChart(t)
	for set, want := range map[string]string{
		"replicas=2":   "replicas is 2, but there is no etcd.endpoints: several replicas share an etcd cluster",
		"replicas=two": "'/replicas': got string, want integer",
		"replicas=-1":  "'/replicas': minimum: got -1, want 0",
		"replcas=3":    "additional properties 'replcas' not allowed",
		"storage.existingClaim=flags,etcd.endpoints={http://etcd:2379}": "with an etcd cluster nothing is stored in a volume",
		"etcd.prefix=flags/":                                       "etcd.endpoints doesn't say where it is",
		"etcd.endpoints={etcd:2379}":                               "'etcd:2379' does not match pattern",
		"etcd.endpoints={http://etcd:2379},etcd.username=gonfalon": "etcd.username and etcd.passwordSecret go together",
		"ingress.enabled=true":                                     "ingress.enabled needs ingress.host",
		"settings.listen=:80":                                      "invalid propertyName 'listen'", "settings.public-ulr=x": "invalid propertyName 'public-ulr'",
		"settings.admin-token=gfn_admin_x": "invalid propertyName 'admin-token'",
		"adminToken.secret=gfn_admin_ABC":  "'gfn_admin_ABC' does not match pattern",
		"image.tag=a b":                    "'a b' does not match pattern",
	} {
		out, err := c.run(t, "template", "gonfalon", "CHART", "--set", set)
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v\n%s\nand not %q", set, err, out, want)
		}
	}
}
