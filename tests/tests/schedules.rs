//! Learning-rate schedules against PyTorch: `golden/schedules.json`, which `golden/schedules.py` makes.

use optim::{Better, OneCycle, ReduceOnPlateau, Schedule};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Golden {
    base: f64,
    schedules: BTreeMap<String, Rates>,
    measures: Vec<f64>,
    plateaus: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct Rates {
    rates: Vec<f64>,
    momenta: Vec<f64>,
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/schedules.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn schedule(name: &str) -> Option<Schedule> {
    Some(match name {
        "step" => Schedule::Step { every: 7, gamma: 0.3 },
        "multi_step" => Schedule::MultiStep { warmup: 0, milestones: vec![5, 12, 12, 30], gamma: 0.5 },
        "warm_multi_step" => Schedule::MultiStep { warmup: 4, milestones: vec![12, 25], gamma: 0.1 },
        "exponential" => Schedule::Exponential { gamma: 0.9 },
        "cosine" => Schedule::Cosine { period: 16, minimum: 0.01 },
        "linear" => Schedule::Linear { start: 0.25, end: 0.8, duration: 9 },
        "noam" => Schedule::Noam { width: 512, warmup: 7 },
        "one_cycle" => Schedule::OneCycle(OneCycle::new(41)),
        "one_cycle_linear" => Schedule::OneCycle(OneCycle {
            percent_start: 0.4,
            div_factor: 10.0,
            final_div_factor: 100.0,
            linear: true,
            ..OneCycle::new(50)
        }),
        "one_cycle_three" => {
            Schedule::OneCycle(OneCycle { three_phases: true, momenta: (0.7, 0.9), ..OneCycle::new(44) })
        }
        _ => return None,
    })
}

#[track_caller]
fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-12 * want.abs(), "{what}: left {got}, right {want}");
}

#[test]
fn schedules_are_those_of_pytorch() {
    let golden = golden();
    assert_eq!(golden.schedules.len(), 10);
    for (name, Rates { rates, momenta }) in &golden.schedules {
        let schedule = schedule(name).unwrap_or_else(|| panic!("{name}: no implementation"));
        for (t, (&rate, &momentum)) in rates.iter().zip(momenta).enumerate() {
            close(schedule.rate(golden.base, t as u64), rate, &format!("{name}, rate at {t}"));
            close(schedule.momentum(t as u64).unwrap_or(0.9), momentum, &format!("{name}, momentum at {t}"));
        }
    }
}

#[test]
fn plateaus_are_those_of_pytorch() {
    let golden = golden();
    assert_eq!(golden.plateaus.len(), 4);
    for (name, want) in &golden.plateaus {
        let mut plateau = match name.as_str() {
            "lower" => ReduceOnPlateau::new(Better::Lower { threshold: 1e-4 }).patience(2),
            "higher" => {
                let better = Better::Higher { threshold: 1e-4 };
                ReduceOnPlateau::new(better).factor(0.5).patience(1).cooldown(2).minimum(0.02)
            }
            "lower_by" => ReduceOnPlateau::new(Better::LowerBy { threshold: 0.2 }).factor(0.3).patience(0),
            "higher_by" => ReduceOnPlateau::new(Better::HigherBy { threshold: 0.2 }).factor(0.3).patience(3),
            _ => panic!("{name}: no implementation"),
        };
        let mut rate = golden.base;
        for (t, (&measure, &want)) in golden.measures.iter().zip(want).enumerate() {
            rate = plateau.observe(measure, rate);
            close(rate, want, &format!("{name}, measure {t}"));
        }
        assert!(rate < golden.base, "{name} reduces");
    }
}
