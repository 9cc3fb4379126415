package httpapi

import (
	"net/url"
	"unicode/utf8"
)

// readOnBehalfOf reads for whom the caller makes a change, if its header says so. Only a token that acts for others may
// say it. What the name may be is for the service to check.
//
// Why: RATIONALE.md "Who may make a change on behalf of somebody else?"
func (c *call) readOnBehalfOf() error {
	values := c.Request().Header.Values(onBehalfOfHeader)
	if c.route.action == "" || len(values) == 0 {
		return nil
	}
	name, err := url.PathUnescape(values[0])
	switch {
	case len(values) > 1:
		return badRequest.of("", "there is more than one "+onBehalfOfHeader)
	case err != nil || !utf8.ValidString(name):
		return badRequest.of("", onBehalfOfHeader+": "+quote(values[0])+" is not UTF-8, percent-encoded")
	case name == "":
		return badRequest.of("", onBehalfOfHeader+" is empty: name somebody, or leave it out")
	case !c.token.ActsForOthers:
		return notAllowed.of("", "the token "+quote(c.token.Name)+" may not act for "+quote(name)+": it takes a token that acts for others")
	}
	c.onBehalfOf = name
	return nil
}
