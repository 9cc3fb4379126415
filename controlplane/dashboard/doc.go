// Package dashboard serves the pages with which people look after flags in a browser, together with the API that the
// pages use.
//
//	api := httpapi.New(service, httpapi.Config{DashboardPath: "/"})
//	http.Handle("/flags/", http.StripPrefix("/flags", dashboard.New(api)))
//
// # Model
//
// The pages are one program, written in ui/ and built into dist/, which is part of the binary. This package knows
// nothing of flags: it hands out files. What the API owns (httpapi.Owns), it hands to the API.
//
// dist/index.html is the page. Its data-mount is filled in with the path under which callers reach the dashboard, without
// a slash at its end, and so is each attribute that begins with ./ in it. Below that path is the API, too. dist/pages.json
// lists the addresses that the program serves, such as ["/", "/envs/:env/flags"]; without it there is one, "/". Files below
// dist/assets/ have names that change with their content. A file may have a compressed twin, which is named .br or .gz
// beside it; otherwise it is compressed here.
//
// Below /docs is the documentation, which package site has built, under a policy of its own: DocsPolicy.
//
// # Promises
//
//   - Nothing is executed, shown or asked for that isn't of the same origin, and no other page can frame this one: Policy.
//   - A path that a proxy claims to strip counts only if the proxy is trusted, and only if it is a plain path.
//   - An address below the API's that nobody knows is a problem document; any other is the page, with the status 404.
//
// # Caveats
//
// Who may do what is decided by the API. The page is the same for everybody.
package dashboard
