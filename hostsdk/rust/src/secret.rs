//! The token, kept out of what repeats a server's words.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

/// Bytes of a token at least that is kept out of texts. What is shorter is a word that anybody may write.
const SHORTEST: usize = 8;

/// A token, or none.
#[derive(Clone, Default)]
pub(crate) struct Secret {
    token: String,
    /// What is sure of its base64, wherever among other bytes it begins.
    encoded: Vec<String>,
}

impl Secret {
    pub(crate) fn new(token: &str) -> Self {
        if token.len() < SHORTEST {
            return Secret::default();
        }
        let mut encoded = Vec::new();
        for skipped in 0..3 {
            let bytes = &token.as_bytes()[skipped..];
            let whole = &bytes[..bytes.len() / 3 * 3];
            encoded.extend([BASE64_STANDARD.encode(whole), BASE64_URL_SAFE.encode(whole)]);
        }
        Secret { token: token.to_owned(), encoded }
    }

    /// A text without the token: as it is, percent-encoded, or in base64, in any case of letters.
    pub(crate) fn hide(&self, text: &str) -> String {
        let (mut hidden, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(next) = rest.chars().next() {
            match self.at_the_beginning_of(rest.as_bytes()) {
                Some(length) => {
                    hidden.push('…');
                    rest = &rest[length..];
                }
                None => {
                    hidden.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        hidden
    }

    /// How many bytes of a text are the token.
    fn at_the_beginning_of(&self, text: &[u8]) -> Option<usize> {
        let begins =
            |with: &[u8], text: &[u8]| text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
        if let Some(encoded) = self.encoded.iter().find(|encoded| begins(encoded.as_bytes(), text)) {
            return Some(encoded.len());
        }
        let mut length = 0;
        for byte in self.token.bytes() {
            let rest = &text[length..];
            length += match begins(&[byte], rest) {
                true => 1,
                false if begins(format!("%{byte:02x}").as_bytes(), rest) => 3,
                false => return None,
            };
        }
        (length > 0).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_hidden_in_any_form() {
        let secret = Secret::new("gfn_sdk_hush/42");
        for form in ["gfn_sdk_hush/42", "GFN_SDK_HUSH/42", "gfn%5Fsdk%5fhush%2f42", "Z2ZuX3Nka19odXNoLzQy"] {
            assert_eq!(secret.hide(&format!("é{form}é gfn_sdk {form}")), "é…é gfn_sdk …", "{form}");
        }
        for before in ["x", "xy"] {
            let hidden = secret.hide(&BASE64_STANDARD.encode(format!("{before}gfn_sdk_hush/42")));
            assert!(hidden.contains('…') && hidden.len() < 12, "{hidden}");
        }
        assert_eq!(Secret::new("token").hide("no token"), "no token");
    }
}
