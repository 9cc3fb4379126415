//! Reports usage, and what a client tells the control plane about itself with it, so that an operator sees which hosts serve a
//! change.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::say::say;
use crate::source::times;
use crate::store::{Store, Usage};
use crate::value;
use crate::wire::{USAGE_FLAGS, Wire, WireError};

/// After another revision serves, hosts tell at random moments within this, so that they don't all do so at once.
const WITHIN: Duration = Duration::from_secs(2);
/// A host tells at most once in this, however many changes there are.
const PAUSE: Duration = Duration::from_secs(5);

/// Reports of one client. A control plane of an older version refuses what it doesn't know, and is sent the counts alone.
pub(crate) struct Host {
    store: Arc<Store>,
    wire: Arc<Wire>,
    via: &'static str,
    id: String,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// The control plane knows counts alone.
    plain: bool,
    /// The last report failed: the next one is a regular one.
    silent: bool,
    /// A report has arrived, or may have: it is under way, or was cut off.
    once: bool,
    /// The next report is the last.
    gone: bool,
}

impl Host {
    pub(crate) fn new(store: Arc<Store>, wire: Arc<Wire>, via: &'static str) -> Self {
        Host { store, wire, via, id: format!("{:016x}", fastrand::u64(..)), told: Mutex::default() }
    }

    /// Sends what was counted. What can't be delivered is kept for the next time.
    pub(crate) async fn report_usage(&self) -> Result<(), WireError> {
        let mut told = self.told.lock().await;
        let mut counts = Undelivered { store: &self.store, counts: self.store.take_usage() };
        if counts.counts.is_empty() {
            return self.report(&mut told, &Usage::new()).await;
        }
        while !counts.counts.is_empty() {
            let keys: Vec<_> = counts.counts.keys().take(USAGE_FLAGS).cloned().collect();
            let batch: Usage = keys.iter().filter_map(|key| Some((key.clone(), *counts.counts.get(key)?))).collect();
            self.report(&mut told, &batch).await?;
            counts.counts.retain(|key, _| !batch.contains_key(key));
        }
        Ok(())
    }

    /// Reports minute by minute.
    pub(crate) async fn report_regularly(&self, every: Duration) {
        loop {
            tokio::time::sleep(times(every, 0.9 + fastrand::f64() / 5.0)).await;
            self.report_usage().await.unwrap_or_else(unreported);
        }
    }

    /// Tells soon after another revision serves.
    pub(crate) async fn tell(&self) {
        let mut last: Option<Instant> = None;
        let mut told = None;
        loop {
            let serving = || self.store.engine().as_ref().map(|engine| engine.info.position());
            self.store.status.signal.until(|| serving() != told).await;
            let pause = last.map_or(Duration::ZERO, |last| PAUSE.saturating_sub(last.elapsed()));
            tokio::time::sleep(pause + WITHIN.mul_f64(fastrand::f64())).await;
            told = serving();
            let mut before = self.told.lock().await;
            if before.plain {
                return;
            }
            if !before.silent {
                last = Some(Instant::now());
                self.report(&mut before, &Usage::new()).await.unwrap_or_else(unreported);
            }
        }
    }

    /// Sends the last report.
    pub(crate) async fn leave(&self) {
        self.told.lock().await.gone = true;
        self.report_usage().await.unwrap_or_else(unreported);
    }

    /// Sends counts, which may be none: the host is still there, or ends.
    async fn report(&self, told: &mut Told, counts: &Usage) -> Result<(), WireError> {
        if counts.is_empty() && (told.plain || told.gone && !told.once) {
            return Ok(());
        }
        told.silent = true;
        let before = std::mem::replace(&mut told.once, true);
        let mut sent = self.wire.usage(&self.document(told, counts)).await;
        if !told.plain && sent.as_ref().is_err_and(|error| error.status == 400) {
            told.plain = true;
            sent = match counts.is_empty() {
                true => Ok(()),
                false => self.wire.usage(&self.document(told, counts)).await,
            };
        }
        match sent.is_ok() {
            true => told.silent = false,
            false => told.once = before,
        }
        sent
    }

    fn document(&self, told: &Told, counts: &Usage) -> Value {
        let flag = |count: &crate::engine::Count| {
            let last = value::moment(value::unix_micros(count.last));
            match told.plain {
                true => json!({"count": count.count, "last": last}),
                false => json!({"count": count.count, "last": last, "on": count.on}),
            }
        };
        let flags: Map<_, _> = counts.iter().map(|(key, count)| (key.to_string(), flag(count))).collect();
        if told.plain {
            return json!({"flags": flags});
        }
        let mut host = json!({
            "id": self.id, "sdk": "rust", "version": env!("CARGO_PKG_VERSION"), "revision": 0, "via": self.via,
        });
        if let Some(engine) = &*self.store.engine() {
            host["revision"] = engine.info.revision.into();
            host["lineage"] = engine.info.lineage.clone().into();
        }
        if told.gone {
            host["gone"] = true.into();
        }
        json!({"flags": flags, "host": host})
    }
}

fn unreported(error: WireError) {
    say!(Info, "usage can't be reported: {}", error.message);
}

/// Counts on their way, which go back into the store if they don't arrive, also when the report is cut short.
struct Undelivered<'a> {
    store: &'a Store,
    counts: Usage,
}

impl Drop for Undelivered<'_> {
    fn drop(&mut self) {
        self.store.put_usage_back(std::mem::take(&mut self.counts));
    }
}
