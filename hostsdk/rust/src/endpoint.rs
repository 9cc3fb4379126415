//! The address of a server, checked before anything is asked there.

use reqwest::Url;

/// Reads an endpoint. The words of an error are every SDK's, and don't repeat the address, since it may have a secret in it. The cases
/// are in hostsdk/testdata/endpoints.json.
pub(crate) fn read(endpoint: &str) -> Result<Url, &'static str> {
    if !endpoint.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err("the endpoint has a character that no URL has");
    }
    let not_http = "the endpoint is not an http or https URL";
    let (scheme, rest) = endpoint.split_once("://").ok_or(not_http)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(not_http);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("the endpoint has a user in it");
    }
    if rest.contains(['?', '#']) {
        return Err("the endpoint has a query or a fragment");
    }
    let end = match authority.strip_prefix('[') {
        Some(address) => address.find(']').map(|end| end + 2),
        None => Some(authority.find(':').unwrap_or(authority.len())),
    };
    let (host, port) = end.map_or(("", ""), |end| authority.split_at(end));
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_of_an_address = |byte: u8| byte.is_ascii_hexdigit() || b":.".contains(&byte);
    let is_host = match host.strip_prefix('[') {
        Some(address) => address.len() > 1 && address.bytes().rev().skip(1).all(is_of_an_address),
        None => !host.is_empty() && host.bytes().all(is_of_a_name),
    };
    if !is_host {
        return Err("the endpoint has no host");
    }
    if !port.is_empty() && !is_port(port) {
        return Err("the endpoint has a port that is not in 1 to 65535");
    }
    // Such as the host 1.2.3.4.5.
    Url::parse(endpoint).map_err(|_| "the endpoint has no host")
}

/// Refuses an environment's key that would lead a request to another path. What else is no key is escaped.
pub(crate) fn check_environment(key: &str) -> Result<(), String> {
    match key {
        "" | "." | ".." => Err(format!("no environment has the key \"{key}\"")),
        _ => Ok(()),
    }
}

/// Whether a text is a colon and a number that a port may have.
fn is_port(text: &str) -> bool {
    let digits =
        text.strip_prefix(':').filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_one_segment_of_the_path() {
        assert_eq!(check_environment("..").unwrap_err(), "no environment has the key \"..\"");
        assert!(check_environment(".").is_err() && check_environment("").is_err() && check_environment("a..b").is_ok());
    }

    #[test]
    fn an_endpoint_is_refused_in_the_words_of_every_language() {
        let Ok(cases) = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/endpoints.json"))
        else {
            return; // outside the repository
        };
        let cases: Vec<serde_json::Value> = serde_json::from_str(&cases).expect("JSON");
        assert!(cases.len() > 20);
        for case in cases {
            let endpoint = case["endpoint"].as_str().expect("a text");
            assert_eq!(read(endpoint).err(), case["words"].as_str(), "{endpoint:?}");
        }
    }
}
