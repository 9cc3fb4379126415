package api

import (
	"crypto/sha256"
	"encoding/base32"
	"time"
)

// LoginPage is where a person lets a program on their machine act for them.
type LoginPage struct {
	Address string `json:"address"` // of the dashboard's page, relative to the API's
}

// NewLogin is what a program asks for that wants to act for the person at a browser.
type NewLogin struct {
	Challenge string `json:"challenge"` // LoginChallenge of the program's verifier
	Device    string `json:"device"`    // the machine on which it runs, for people
}

// Login is a code that the browser hands to the program. It is worth nothing without the program's verifier.
type Login struct {
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

// LoginCode is what the program sends for its token.
type LoginCode struct {
	Code     string `json:"code"`
	Verifier string `json:"verifier"` // random, and known to the program alone until now
}

// LoginChallenge returns the challenge of a verifier: its SHA-256 in base 32.
func LoginChallenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}
