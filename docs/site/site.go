// Package site is the documentation as pages of HTML, which `make docs` builds into dist.
//
// Hugo makes them from the Markdown of the repository, by hugo.yaml and the layouts and assets here; nav.yaml orders them. The pages need
// no script but to search, load nothing from elsewhere, have no script or style in the text, and link to each other by relative addresses,
// so they work below any path. Package dashboard serves them at /docs.
package site

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files returns the built pages.
func Files() fs.FS {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is valid
	}
	return built
}
