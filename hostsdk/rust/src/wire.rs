//! What goes over the network: requests to the control plane, and the frames of its stream.

use std::io::Read;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::MultiGzDecoder;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::time::timeout;

use crate::engine::abi::{MAX_SNAPSHOT_BYTES, SnapshotInfo};
use crate::events::{Event, Events};
use crate::net::Net;
use crate::secret::Secret;
use crate::tls::Tls;

/// Without a byte for this long (three heartbeats), a connection is lost.
pub(crate) const SILENCE: Duration = Duration::from_secs(45);
/// For the head of an answer, and for a whole report.
const TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole snapshot: 32 MiB at 1 MiB a second.
const PATIENCE: Duration = Duration::from_secs(32);
/// A server can't send its clients away for longer.
pub(crate) const LONGEST_AWAY: Duration = Duration::from_secs(300);
/// Flags of one report.
pub(crate) const USAGE_FLAGS: usize = 1000;
const REDIRECTS: usize = 5;
/// Of an answer that says what is wrong.
const PROBLEM_BYTES: usize = 4096;
/// Characters of a server's text in a message.
const QUOTED: usize = 500;
/// The position of what serves here, if the server is sure that it never had it.
const SUPERSEDES: HeaderName = HeaderName::from_static("x-gonfalon-supersedes");
const POSITION: HeaderName = HeaderName::from_static("x-gonfalon-position");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Why a request has no answer that can be used.
#[derive(Debug)]
pub(crate) struct WireError {
    pub(crate) message: String,
    /// HTTP's status; 0 if there is none.
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// The server sends what can't be read.
    pub(crate) unreadable: bool,
    /// There is no connection.
    pub(crate) unconnected: bool,
}

impl WireError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        WireError { message: message.into(), status: 0, retry_after: None, unreadable: false, unconnected: false }
    }

    fn unreadable(message: impl Into<String>) -> Self {
        WireError { unreadable: true, ..WireError::new(message) }
    }

    pub(crate) fn late(what: &str, limit: Duration) -> Self {
        WireError::new(format!("{what} takes longer than {} s", limit.as_secs()))
    }

    /// Whether the token or the environment is at fault. It is tried again, but rarely.
    pub(crate) fn refusal(&self) -> bool {
        matches!(self.status, 401 | 403 | 404)
    }

    /// Whether the server means it: asking again at once would have the same answer.
    pub(crate) fn is_final(&self) -> bool {
        self.unreadable || (400..500).contains(&self.status) && !matches!(self.status, 408 | 425 | 429)
    }
}

impl From<reqwest::Error> for WireError {
    fn from(error: reqwest::Error) -> Self {
        // The address is left out: it is known, and may have a password in it.
        let unconnected = error.is_connect();
        let error = error.without_url();
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        WireError { unconnected, ..WireError::new(message) }
    }
}

/// One environment of one server.
pub(crate) struct Wire {
    http: Client,
    net: Net,
    base: Url,
    pub(crate) secret: Secret,
}

impl Wire {
    pub(crate) fn new(endpoint: &Url, token: &str, environment: &str, tls: &Tls) -> Result<Self, String> {
        let mut base = endpoint.clone();
        base.set_query(None);
        base.set_fragment(None);
        base.path_segments_mut().map_err(|()| "it has no path")?.pop_if_empty().extend(["v1", "envs", environment, ""]);
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| "the token has odd characters")?;
        bearer.set_sensitive(true);
        let http = Client::builder()
            .tls_backend_preconfigured(tls.config(base.scheme() == "https")?)
            .user_agent(concat!("gonfalon-rust/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .redirect(Policy::none())
            .connect_timeout(TIMEOUT)
            .build()
            .map_err(|error| WireError::from(error).message)?;
        Ok(Wire { http, net: Net::new(), base, secret: Secret::new(token) })
    }

    /// A text of the server as a part of a message: on one line, cut, and without the token, which a server may send back.
    fn quoted(&self, text: &str) -> String {
        let hidden = self.secret.hide(text);
        let cut: String = hidden.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTED + 1).collect();
        match cut.char_indices().nth(QUOTED) {
            Some((end, _)) => format!("{}…", &cut[..end]),
            None => cut,
        }
    }

    /// The current snapshot, or None if it is the one that is known; and the position that it supersedes, if any.
    pub(crate) async fn snapshot(
        &self,
        known: Option<&SnapshotInfo>,
    ) -> Result<(Option<Vec<u8>>, Option<String>), WireError> {
        let mut headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
        if let Some(info) = known {
            set(&mut headers, IF_NONE_MATCH, &format!("\"{}\"", info.id));
            set(&mut headers, POSITION, &info.position());
        }
        let ask = async {
            let mut response = self.ask(Method::GET, "snapshot", headers, None).await?;
            let supersedes = supersedes(&response);
            if response.status() == StatusCode::NOT_MODIFIED {
                return match known {
                    Some(_) => Ok((None, supersedes)),
                    None => Err(WireError::new("304 to a client that has nothing")),
                };
            }
            let data = body(&mut response, MAX_SNAPSHOT_BYTES).await?;
            let too_large = || WireError::unreadable(format!("a snapshot of more than {MAX_SNAPSHOT_BYTES} bytes"));
            let data = data.ok_or_else(too_large)?;
            if !is_gzip(&response) {
                return Ok((Some(data), supersedes));
            }
            let mut unpacked = Vec::new();
            let mut reader = MultiGzDecoder::new(data.as_slice()).take(MAX_SNAPSHOT_BYTES as u64 + 1);
            reader.read_to_end(&mut unpacked).map_err(|error| WireError::unreadable(format!("gzip: {error}")))?;
            match unpacked.len() > MAX_SNAPSHOT_BYTES {
                true => Err(too_large()),
                false => Ok((Some(unpacked), supersedes)),
            }
        };
        timeout(PATIENCE, ask).await.map_err(|_| WireError::late("a snapshot", PATIENCE))?
    }

    /// The events from a position on, or from a snapshot on.
    pub(crate) async fn stream(&self, position: Option<&str>) -> Result<Stream, WireError> {
        let mut headers = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("text/event-stream")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ]);
        if let Some(position) = position {
            set(&mut headers, LAST_EVENT_ID, position);
        }
        let response = self.ask(Method::GET, "stream", headers, None).await?;
        if is_gzip(&response) {
            return Err(WireError::unreadable("a stream in the encoding gzip, not in identity"));
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("of no type");
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("text/event-stream") {
            return Err(WireError::unreadable(format!("the stream is {}, not text/event-stream", self.quoted(kind))));
        }
        Ok(Stream { supersedes: supersedes(&response), response, events: Events::default() })
    }

    /// Sends a report of usage.
    pub(crate) async fn usage(&self, report: &serde_json::Value) -> Result<(), WireError> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let ask = self.ask(Method::POST, "usage", headers, Some(report.to_string()));
        timeout(TIMEOUT, ask).await.map_err(|_| WireError::late("a report", TIMEOUT))?.map(drop)
    }

    /// The answer to a request, whose body is still to be read. Redirects are followed within the endpoint's origin only, since the
    /// token goes along.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Option<String>,
    ) -> Result<Response, WireError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(path);
        }
        if method == Method::GET {
            url.set_query(Some("formats=1")); // so that a newer server writes what this engine reads
        }
        for _ in 0..=REDIRECTS {
            let mut request = self.http.request(method.clone(), url.clone()).headers(headers.clone());
            if let Some(body) = &body {
                request = request.body(body.clone());
            }
            let response = self.net.send(request, TIMEOUT).await?;
            let status = response.status();
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let sends_on = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
            let Some(location) = location.filter(|_| sends_on) else { return self.check(response).await };
            let next = url.join(location).map_err(|_| WireError::unreadable("a redirect to what is no address"))?;
            if next.origin() != self.base.origin() {
                let other = self.quoted(&next.origin().ascii_serialization());
                let message = format!("{status} redirects to {other}, another origin");
                return Err(WireError { status: status.as_u16(), ..WireError::new(message) });
            }
            url = next;
        }
        Err(WireError::new(format!("more than {REDIRECTS} redirects")))
    }

    /// Refuses an answer that is no success, or that is packed in another way than asked for.
    async fn check(&self, mut response: Response) -> Result<Response, WireError> {
        let encoding = encoding(&response);
        if !is_gzip(&response) && !encoding.eq_ignore_ascii_case("identity") {
            let encoding = self.quoted(encoding);
            return Err(WireError::unreadable(format!("an answer in the encoding {encoding}, not in gzip")));
        }
        let status = response.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        let retry_after = retry_after(&response);
        let body = timeout(TIMEOUT, body(&mut response, PROBLEM_BYTES)).await;
        let title = body.ok().and_then(Result::ok).flatten().and_then(|body| title(&body));
        let message = match title {
            Some(title) => format!("{} {}", status.as_u16(), self.quoted(&title)),
            None => status.to_string(),
        };
        Err(WireError { status: status.as_u16(), retry_after, ..WireError::new(message) })
    }
}

/// A stream of events.
pub(crate) struct Stream {
    response: Response,
    events: Events,
    /// The position that the first snapshot supersedes, if any.
    pub(crate) supersedes: Option<String>,
}

impl Stream {
    /// The next event. That there is no next one is an error, too.
    pub(crate) async fn next(&mut self) -> Result<Event, WireError> {
        loop {
            if let Some(event) = self.events.next() {
                return Ok(event);
            }
            let chunk = timeout(SILENCE, self.response.chunk()).await;
            match chunk.map_err(|_| WireError::new(format!("no heartbeat for {} s", SILENCE.as_secs())))?? {
                None => return Err(WireError::new("the stream ended")),
                Some(chunk) => self.events.feed(&chunk).map_err(WireError::unreadable)?,
            }
        }
    }
}

/// The bytes that an event carries.
pub(crate) fn frame_bytes(event: &Event) -> Result<Vec<u8>, String> {
    BASE64_STANDARD.decode(&event.data).map_err(|error| format!("a {} that isn't base64: {error}", event.kind))
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Positions and ids are hex and digits, which every header can carry.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn supersedes(response: &Response) -> Option<String> {
    Some(response.headers().get(SUPERSEDES)?.to_str().ok()?.to_owned())
}

fn encoding(response: &Response) -> &str {
    response.headers().get(CONTENT_ENCODING).map_or("identity", |value| value.to_str().unwrap_or("?")).trim()
}

fn is_gzip(response: &Response) -> bool {
    encoding(response).eq_ignore_ascii_case("gzip")
}

/// The body of an answer; None if it has more bytes.
async fn body(response: &mut Response, most: usize) -> Result<Option<Vec<u8>>, WireError> {
    let mut data = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        data.extend_from_slice(&chunk);
        if data.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(data))
}

/// What a problem document says.
fn title(body: &[u8]) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(body).ok()?;
    let told: Vec<&str> = ["title", "detail"].iter().filter_map(|name| document[name].as_str()).collect();
    (!told.is_empty()).then(|| told.join(": "))
}

fn retry_after(response: &Response) -> Option<Duration> {
    if !matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match value.bytes().all(|byte| byte.is_ascii_digit()) {
        true if value.is_empty() => return None,
        true => value.parse().map_or(Duration::MAX, Duration::from_secs),
        false => httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).unwrap_or_default(),
    };
    Some(asked.min(LONGEST_AWAY))
}
