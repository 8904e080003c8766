//! Messages a second on one core: `cargo bench -p hygea-iomt-mapper`.
//!
//! A row of the project's benchmark table a line; the time of the best of some short rounds, since machines
//! are shared.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "a benchmark"
)]

use hygea_fhir_model::json::Document;
use hygea_iomt_mapper::{Change, Event, Found, Mapper, Measurement, Mode, Needed, Resolution, Timestamp};
use std::hint::black_box;
use std::time::{Duration, Instant};

const TYPES: [&str; 14] = [
    "heartRate",
    "stepCount",
    "bloodPressure",
    "glucose",
    "height",
    "bodyMass",
    "bodyTemperature",
    "oxygen",
    "respiration",
    "sleep",
    "activity",
    "energy",
    "distance",
    "flights",
];

fn mapper(types: &[&str]) -> Mapper {
    let device: Vec<String> = types
        .iter()
        .map(|name| {
            format!(
                r#"{{"templateType":"JsonPathContent","template":{{"typeName":"{name}","typeMatchExpression":"$..[?(@{name})]",
                "deviceIdExpression":"$.deviceId","timestampExpression":"$.endDate","patientIdExpression":"$.patientId",
                "values":[{{"required":"true","valueExpression":"$.{name}","valueName":"{name}"}}]}}}}"#
            )
        })
        .collect();
    let fhir = r#"{"templateType":"CollectionFhir","template":[{"templateType":"CodeValueFhir","template":{"typeName":"heartRate",
        "codes":[],"periodInterval":1440,"value":{"valueType":"SampledData","valueName":"heartRate","defaultPeriod":1000}}}]}"#;
    let device = format!(r#"{{"templateType":"CollectionContent","template":[{}]}}"#, device.join(","));
    Mapper::new(device.as_bytes(), fhir.as_bytes(), Mode::Compat).unwrap()
}

const MESSAGE: &str = r#"{"heartRate":78,"unit":"count/min","startDate":"2024-03-05T10:00:06.125Z","endDate":"2024-03-05T10:00:07.125Z",
"deviceId":"1dffa667-9bee-4f16-b243","patientId":"p-25ad4151475e","source":{"name":"wrist","model":"W-7","firmware":"7.1.2"},
"context":{"motion":"sedentary","confidence":0.97},"sequence":184467,"battery":81}"#;

/// The best time of one turn of `work`.
fn best(turns: u32, work: impl Fn()) -> Duration {
    let round = || {
        let start = Instant::now();
        for _ in 0..turns {
            work();
        }
        start.elapsed() / turns
    };
    (0..30).map(|_| round()).min().unwrap()
}

fn row(name: &str, time: Duration, bound: &str) {
    let rate = 1e9 / time.as_secs_f64() / 1e9;
    println!("{name}: {rate:.0} messages/s, {} ns each ({bound})", time.as_nanos());
}

fn main() {
    // `cargo bench -p hygea-iomt-mapper -- merge` runs that row alone, `-- map` the others.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    if only.as_deref() != Some("merge") {
        map();
    }
    if only.as_deref() != Some("map") {
        merge(&mapper(&TYPES[..1]));
    }
}

fn map() {
    println!("message of {} bytes", MESSAGE.len());
    let peer = best(2000, || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(MESSAGE.as_bytes())).unwrap());
    });
    row("serde_json reads it into a Value", peer, "for scale");
    let one = mapper(&TYPES[..1]);
    let fourteen = mapper(&TYPES);
    let parse = best(2000, || {
        black_box(Event::from_payload(black_box(MESSAGE.as_bytes()), Mode::Compat).unwrap());
    });
    row("read a message", parse, "part of the rows below");
    for (name, mapper, bound) in
        [("1 template", &one, "at least 1,000,000"), ("14 templates", &fourteen, "at least 500,000")]
    {
        let time = best(2000, || {
            let event = mapper.event(black_box(MESSAGE.as_bytes())).unwrap();
            let mut measurements: Vec<Measurement<'_>> = Vec::with_capacity(1);
            mapper.normalize(event.root(), &mut measurements).unwrap();
            assert_eq!(black_box(&measurements).len(), 1);
        });
        row(name, time, bound);
        let event = mapper.event(MESSAGE.as_bytes()).unwrap();
        let time = best(2000, || {
            let mut measurements: Vec<Measurement<'_>> = Vec::with_capacity(1);
            mapper.normalize(black_box(event.root()), &mut measurements).unwrap();
            black_box(&measurements);
        });
        row(&format!("{name}, message read already"), time, "part of the row above");
    }
}

/// A minute of samples into the series of a day.
fn merge(mapper: &Mapper) {
    let start = Timestamp::parse("2024-03-05T00:00:00Z").unwrap().unix_millis();
    let samples = |seconds: std::ops::Range<i64>| -> Vec<Measurement<'static>> {
        let measured = seconds.map(|second| {
            let time = Timestamp::from_unix_millis(start + second * 1000).unwrap();
            let mut measurement = Measurement::new("heartRate", time, "d")
                .with_value("heartRate", (60 + second % 40).to_string());
            measurement.patient_id = Some("p".into());
            measurement
        });
        measured.collect()
    };
    let now = Timestamp::from_unix_millis(start).unwrap();
    let day = samples(0..86_340);
    let grouping = mapper.group(&day);
    let group = &grouping.groups[0];
    let resolved =
        Needed::of(group, Resolution::Create, None, Mode::Compat).resolve(&Found::default()).unwrap();
    let Change::Create(stored) = mapper.observation(group, &resolved, None, now).unwrap() else { return };
    let text = stored.to_json();
    let stored = Document::parse(text.as_bytes()).unwrap();
    let minute = samples(86_340..86_400);
    let time = best(20, || {
        let grouping = mapper.group(&minute);
        let change = mapper.observation(&grouping.groups[0], &resolved, Some(stored.root()), now).unwrap();
        black_box(change);
    });
    println!("merge: {} us for 60 samples into a day of 86,400 (at most 20)", time.as_micros());
}
