package httpapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// getIndex answers with what a list shows of all flags, compressed if the caller takes that.
func (c *call) getIndex() error {
	if err := c.params().err(); err != nil {
		return err
	}
	x, err := c.service().Index(c.context(), c.env)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	if c.tag(x.Version + "-" + c.api.config.Version) { // another build may say it in other words
		return nil
	}
	if Accepts(c.Request(), "gzip") {
		h.Set("Content-Encoding", "gzip")
		return c.blob(http.StatusOK, "application/json", x.Gzip)
	}
	plain, err := gzip.NewReader(bytes.NewReader(x.Gzip))
	if err != nil {
		return err
	}
	data, err := io.ReadAll(plain)
	if err != nil {
		return err
	}
	return c.blob(http.StatusOK, "application/json", data)
}

// answerPacked writes a large document, compressed if the caller takes that.
func (c *call) answerPacked(document any) error {
	data, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	h := c.Response().Header()
	h.Set("Vary", "Accept-Encoding")
	if !Accepts(c.Request(), "gzip") {
		return c.blob(http.StatusOK, "application/json", data)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(data) // to memory: it can't fail
	_ = w.Close()
	h.Set("Content-Encoding", "gzip")
	return c.blob(http.StatusOK, "application/json", packed.Bytes())
}
