package io.github.gonfalonflags;

/** The module refused a request, by a code of wasm/ABI.md, or would: there is more in it than a request may have. */
final class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final String[] SENTENCES = {
        "malformed request", "too large for the output", "no snapshot loaded", "index out of range",
    };

    RequestException(String message) {
        super(message);
    }

    RequestException(int code) {
        super((code < 0 && code >= -SENTENCES.length ? SENTENCES[-1 - code] : "refused") + " (code " + code + ")");
    }
}
