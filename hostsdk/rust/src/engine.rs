//! A snapshot that decides.

#[cfg(not(any(feature = "engine-c", feature = "engine-wasmi")))]
compile_error!("gonfalon needs an engine: the feature engine-c (the default) or engine-wasmi");

pub(crate) mod abi;
#[cfg(feature = "engine-c")]
mod c;
mod needs;
mod pool;
mod request;
#[cfg(not(feature = "engine-c"))]
mod wasmi;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

#[cfg(feature = "engine-c")]
pub(crate) use self::c::{Instance, NAME};
#[cfg(not(feature = "engine-c"))]
pub(crate) use self::wasmi::{Instance, NAME};

use self::abi::{BATCH, Failure, LoadError, Record, SnapshotInfo, lossy};
use self::needs::Needs;
use self::pool::Pool;
use crate::actor::Who;
use crate::context::Reading;
use crate::decision::{Decision, DecisionError, ENABLED, HAS_TARGET, HAS_VARIANT, IS_FIXED, Variant};
use crate::explanation::Explanation;
use crate::mistakes::Mistakes;
use crate::msgpack;

/// A loaded snapshot. Any number of threads may ask it.
pub(crate) struct Engine {
    /// The bytes that it was loaded from.
    pub(crate) data: Arc<[u8]>,
    pub(crate) info: SnapshotInfo,
    /// When it was loaded, in Unix microseconds.
    pub(crate) loaded_at: i64,
    /// By the engine's numbers, ascending by key.
    flags: Box<[Flag]>,
    numbers: HashMap<Arc<str>, u32>,
    /// By the engine's numbers.
    variants: RwLock<Vec<Option<Arc<Variant>>>>,
    /// By the engine's numbers, read when a provider first asks: whether a flag's numbers are floats.
    #[cfg(feature = "openfeature")]
    fractional: OnceLock<Box<[bool]>>,
    pool: Pool,
    mistakes: Arc<Mistakes>,
    /// Decides about flags that this one doesn't have; for tests.
    base: Option<Arc<Engine>>,
}

/// What is remembered of a flag.
struct Flag {
    key: Arc<str>,
    needs: OnceLock<Box<Needs>>,
    /// Evaluations since [`Engine::take_usage`], and how many of them were on.
    count: AtomicU64,
    on: AtomicU64,
}

/// Evaluations of one flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) count: u64,
    pub(crate) on: u64,
    /// When they were made at the latest.
    pub(crate) last: SystemTime,
}

impl Engine {
    pub(crate) fn load(data: &[u8], mistakes: Arc<Mistakes>) -> Result<Self, LoadError> {
        let mut instance = Instance::load(data)?;
        let sound = "a snapshot that is loaded describes itself";
        let info = instance.info().expect(sound);
        let mut flags = Vec::with_capacity(info.flags as usize);
        let mut numbers = HashMap::with_capacity(info.flags as usize);
        for number in 0..info.flags {
            let key: Arc<str> = String::from_utf8_lossy(instance.flag_key(number).expect(sound)).into();
            numbers.insert(key.clone(), number);
            flags.push(Flag { key, needs: OnceLock::new(), count: AtomicU64::new(0), on: AtomicU64::new(0) });
        }
        Ok(Engine {
            data: data.into(),
            info,
            loaded_at: unix_micros(),
            flags: flags.into(),
            numbers,
            variants: RwLock::default(),
            #[cfg(feature = "openfeature")]
            fractional: OnceLock::new(),
            pool: Pool::new(instance),
            mistakes,
            base: None,
        })
    }

    /// The same over another, which decides about the flags that this one doesn't have.
    pub(crate) fn over(self, base: Option<Arc<Engine>>) -> Self {
        Engine { base, ..self }
    }

    /// What decides about a flag that this one doesn't have.
    fn base(&self, key: &str) -> Option<&Engine> {
        self.base.as_deref().filter(|_| !self.numbers.contains_key(key))
    }

    /// The packed decision of one flag: the quickest question.
    pub(crate) fn evaluate(&self, key: &str, who: &Who<'_>) -> Result<u32, DecisionError> {
        let Some(flag) = self.flag(key) else { return self.base(key).map_or(Ok(0), |base| base.evaluate(key, who)) };
        let needs = self.needs(flag)?;
        let packed = match needs.fixed {
            Some(packed) => packed,
            None => self.written(
                |request| self.write_one(needs, &Reading::of(&who.0), request),
                |request| self.ask(|instance| instance.evaluate(request)),
            )?,
        };
        flag.note(packed);
        Ok(packed)
    }

    /// The whole decision of one flag.
    pub(crate) fn decide(&self, key: &str, who: &Who<'_>) -> Result<Decision, DecisionError> {
        let Some(flag) = self.flag(key) else {
            let unknown = || Ok(Decision::new(key.into(), 0, None, None, self.info.revision));
            return self.base(key).map_or_else(unknown, |base| base.decide(key, who));
        };
        let needs = self.needs(flag)?;
        let decision = match needs.fixed {
            Some(packed) => Decision::new(flag.key.clone(), packed, None, None, self.info.revision),
            None => self.written(
                |request| self.write_one(needs, &Reading::of(&who.0), request),
                |request| self.ask(|instance| Ok(self.decision(&flag.key, instance.decide(request)?))),
            )?,
        };
        flag.note(decision.packed());
        Ok(decision)
    }

    /// The decisions of several flags, in their order, or of all flags.
    pub(crate) fn decide_all(&self, keys: Option<&[&str]>, who: &Who<'_>) -> Result<Vec<Decision>, DecisionError> {
        if self.base.is_some() {
            let all = self.keys();
            let keys = keys.map_or_else(|| all.iter().map(|key| &**key).collect(), <[&str]>::to_vec);
            return Ok(keys.into_iter().map(|key| self.alone(key, who)).collect());
        }
        let reading = Reading::of(&who.0);
        let every = keys.is_none();
        let keys: Vec<Arc<str>> = match keys {
            None => self.flags.iter().map(|flag| flag.key.clone()).collect(),
            Some(keys) => {
                keys.iter().map(|key| self.flag(key).map_or_else(|| Arc::from(*key), |flag| flag.key.clone())).collect()
            }
        };
        let decided = self.written(
            |request| self.write_all(&keys, every, &reading, request),
            |request| {
                let mut decisions = Vec::with_capacity(keys.len());
                while decisions.len() < keys.len() {
                    let first = decisions.len();
                    let answered = self.ask(|instance| {
                        decisions.truncate(first);
                        instance.batch(request, first, |record| {
                            if let Some(key) = keys.get(decisions.len()) {
                                decisions.push(self.decision(key, record));
                            }
                        })
                    })?;
                    if answered < BATCH && decisions.len() < keys.len() {
                        return Err(DecisionError::Engine("the batch has ended before its end".into()));
                    }
                }
                Ok(decisions)
            },
        );
        match decided {
            // Perhaps they only ask together for more than a request can have.
            Err(DecisionError::Context(_)) => Ok(keys.iter().map(|key| self.alone(key, who)).collect()),
            Err(error) => Err(error),
            Ok(decisions) => {
                for decision in &decisions {
                    if let Some(flag) = self.flag(decision.key()) {
                        flag.note(decision.packed());
                    }
                }
                Ok(decisions)
            }
        }
    }

    /// One decision of several, which keeps its error to itself.
    fn alone(&self, key: &str, who: &Who<'_>) -> Decision {
        self.decide(key, who).unwrap_or_else(|error| Decision::not_ready(key, Some(self.info.revision), Some(error)))
    }

    /// The decision with every gate that the engine looked at. It is not counted as an evaluation.
    pub(crate) fn explain(&self, key: &str, who: &Who<'_>) -> Result<Explanation, DecisionError> {
        if let Some(base) = self.base(key) {
            return base.explain(key, who);
        }
        let flag = self.flag(key);
        let needs = flag.map(|flag| self.needs(flag)).transpose()?;
        let name = flag.map_or_else(|| Arc::from(key), |flag| flag.key.clone());
        self.written(
            |request| self.write_whole(key, needs, &Reading::of(&who.0), request),
            |request| {
                self.ask(|instance| {
                    let decision = self.decision(&name, instance.decide(request)?);
                    Ok(Explanation::read(instance.explain(request)?, decision, &self.info))
                })
            },
        )
    }

    /// The keys of all flags, ascending.
    pub(crate) fn keys(&self) -> Vec<Arc<str>> {
        let mut keys: Vec<_> = self.flags.iter().map(|flag| flag.key.clone()).collect();
        if let Some(base) = &self.base {
            keys.extend(base.keys().into_iter().filter(|key| !self.numbers.contains_key(key)));
            keys.sort_unstable();
        }
        keys
    }

    /// Whether one of a flag's payloads is a number with a fraction, so that all its numbers are floats to OpenFeature.
    #[cfg(feature = "openfeature")]
    pub(crate) fn is_fractional(&self, key: &str) -> bool {
        if let Some(base) = self.base(key) {
            return base.is_fractional(key);
        }
        let Some(number) = self.numbers.get(key) else { return false };
        let fractional = self.fractional.get_or_init(|| {
            let records = crate::changes::Records::read(&self.data);
            let any = |flag: &Flag| records.payloads_of(&flag.key).into_iter().any(crate::payload::is_fractional);
            self.flags.iter().map(any).collect()
        });
        fractional[*number as usize]
    }

    /// The snapshot that a delta makes of this one. It is made beside it, so that no decision waits.
    pub(crate) fn splice(&self, delta: &[u8]) -> Result<Vec<u8>, LoadError> {
        Instance::load(&self.data)?.splice(delta)
    }

    /// What was counted since the last time.
    pub(crate) fn take_usage(&self) -> HashMap<Arc<str>, Count> {
        let last = SystemTime::now();
        let mut taken = HashMap::new();
        for flag in &self.flags {
            let count = flag.count.swap(0, Ordering::Relaxed);
            if count > 0 {
                taken
                    .insert(flag.key.clone(), Count { count, on: flag.on.swap(0, Ordering::Relaxed).min(count), last });
            }
        }
        taken
    }

    fn flag(&self, key: &str) -> Option<&Flag> {
        self.numbers.get(key).map(|number| &self.flags[*number as usize])
    }

    /// What a flag needs, which the engine is asked once.
    fn needs<'a>(&self, flag: &'a Flag) -> Result<&'a Needs, DecisionError> {
        if let Some(needs) = flag.needs.get() {
            return Ok(needs);
        }
        let number = self.numbers[&flag.key];
        let mut request = Vec::new();
        msgpack::array(&mut request, 1);
        msgpack::uint(&mut request, number.into());
        let needs = self.ask(|instance| {
            let packed = instance.evaluate(&request)?;
            let fixed = packed & (IS_FIXED | HAS_VARIANT | HAS_TARGET) == IS_FIXED;
            Ok(Needs::read(number, instance.needs(&request)?, fixed.then_some(packed)))
        })?;
        Ok(flag.needs.get_or_init(|| Box::new(needs)))
    }

    fn ask<R>(&self, ask: impl FnMut(&mut Instance) -> Result<R, Failure>) -> Result<R, DecisionError> {
        let trapped = || self.mistakes.trapped();
        self.pool.ask(&self.data, trapped, ask).map_err(|failure| DecisionError::Engine(failure.to_string()))
    }

    fn decision(&self, key: &Arc<str>, record: Record<'_>) -> Decision {
        let variant = (record.packed & HAS_VARIANT != 0).then(|| self.variant(record));
        let target = (record.packed & HAS_TARGET != 0).then(|| lossy(record.target).into_boxed_str());
        Decision::new(key.clone(), record.packed, variant, target, self.info.revision)
    }

    fn variant(&self, record: Record<'_>) -> Arc<Variant> {
        let place = record.variant as usize;
        let known = self.variants.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(variant)) = known.get(place) {
            return variant.clone();
        }
        drop(known);
        let variant = Arc::new(Variant { name: lossy(record.name), payload: lossy(record.payload) });
        let mut known = self.variants.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() <= place {
            known.resize(place + 1, None);
        }
        known[place].get_or_insert(variant).clone()
    }
}

impl Flag {
    fn note(&self, packed: u32) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if packed & ENABLED != 0 {
            self.on.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub(crate) fn unix_micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}
