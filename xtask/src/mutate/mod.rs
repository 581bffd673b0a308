//! `cargo xtask mutate`: are the tests of the tape able to fail?
//!
//! Every rule of differentiation is made wrong in turn, by a fault that the unit tests of the tape have built in: the
//! environment variable `RETROGRADE_MUTATE=op:input` changes one cotangent, and `RETROGRADE_MUTATE_LOG=file` lists the
//! rules that a run reaches. A mutant that no test notices has survived: there is a rule that nothing checks.

mod ops;
mod tests_binary;

use crate::{Failure, workspace};
use ops::Declared;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tests_binary::{Outcome, TestsBinary};

/// Breaks every rule of differentiation in turn and requires that a test of the tape fails.
///
/// Fails if a mutant survives, or if no test reaches the rule of an op.
#[derive(clap::Args)]
pub(crate) struct Mutate {
    /// Only ops whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// How many mutants to run at a time.
    #[arg(long, value_name = "N", default_value = "2")]
    jobs: NonZero<usize>,
    /// After how many seconds a run of the tests counts as hanging, which counts as caught.
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    timeout: u64,
}

/// One cotangent that is made wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mutant {
    op: String,
    input: usize,
}

impl Mutate {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let started = Instant::now();
        let declared = ops::declared_below(&workspace::root().join("crates/tape/src"))?;
        let tests = TestsBinary::build(Duration::from_secs(self.timeout))?;
        let reached = parse_log(&tests.reached_rules()?)?;
        let wanted = |op: &str| self.filter.as_deref().is_none_or(|part| op.contains(part));
        let (ours, foreign): (BTreeSet<Mutant>, BTreeSet<Mutant>) =
            reached.into_iter().partition(|mutant| declared.contains_key(&mutant.op));
        if !foreign.is_empty() {
            let names: BTreeSet<&str> = foreign.iter().map(|mutant| mutant.op.as_str()).collect();
            println!("not mutated, since only tests define them: {}", Vec::from_iter(names).join(", "));
        }
        let unreached = never_reached(&declared, &ours);
        let unreached: Vec<&str> = unreached.into_iter().filter(|op| wanted(op)).collect();
        let mutants: Vec<Mutant> = ours.into_iter().filter(|mutant| wanted(&mutant.op)).collect();

        println!("{:<28} {:>5}  caught by", "op", "input");
        let survivors = run_all(&tests, &declared, &mutants, self.jobs.get())?;
        for op in &unreached {
            println!("{op:<28} {:>5}  NEVER REACHED by a test", "-");
        }
        println!(
            "{} mutants, {} survived; {} ops never reached; {:.0} s",
            mutants.len(),
            survivors.len(),
            unreached.len(),
            started.elapsed().as_secs_f64()
        );
        if mutants.is_empty() {
            return Err(
                "no rule ran: either --filter fits no op, or the tape does not write RETROGRADE_MUTATE_LOG".into()
            );
        }
        if !survivors.is_empty() || !unreached.is_empty() {
            return Err("add a gradient check that fails when the rule is wrong".into());
        }
        Ok(())
    }
}

/// Runs the tests once a mutant, `jobs` at a time, and returns the survivors.
fn run_all(tests: &TestsBinary, declared: &Declared, mutants: &[Mutant], jobs: usize) -> Result<Vec<Mutant>, Failure> {
    let queue = Mutex::new(mutants.iter());
    let survivors = Mutex::new(Vec::new());
    let work = || -> std::io::Result<()> {
        loop {
            let Some(mutant) = queue.lock().expect("no thread panicked").next() else { return Ok(()) };
            // The tests of its own module first: they are few, and should be those that notice.
            let own_module = format!("{}::", declared[&mutant.op]);
            let value = format!("{}:{}", mutant.op, mutant.input);
            let mut outcome = tests.run_mutated(&value, Some(&own_module))?;
            if outcome == Outcome::Passed {
                outcome = tests.run_mutated(&value, None)?;
            }
            let caught_by = match &outcome {
                Outcome::Passed => "SURVIVED",
                Outcome::Failed(test) => test,
                Outcome::Hung => "a run that did not end",
            };
            println!("{:<28} {:>5}  {caught_by}", mutant.op, mutant.input);
            if outcome == Outcome::Passed {
                survivors.lock().expect("no thread panicked").push(mutant.clone());
            }
        }
    };
    std::thread::scope(|scope| -> Result<(), Failure> {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().expect("a worker does not panic")?;
        }
        Ok(())
    })?;
    Ok(survivors.into_inner().expect("no thread panicked"))
}

/// Reads lines of `op:input`.
fn parse_log(log: &str) -> Result<BTreeSet<Mutant>, Failure> {
    let parse = |line: &str| {
        let (op, input) = line.rsplit_once(':')?;
        Some(Mutant { op: op.to_string(), input: input.parse().ok()? })
    };
    log.lines()
        .map(|line| {
            parse(line).ok_or_else(|| format!("RETROGRADE_MUTATE_LOG: expected `op:input`, found `{line}`").into())
        })
        .collect()
}

/// The ops of `ops/` whose rule no test runs.
fn never_reached<'a>(declared: &'a Declared, reached: &BTreeSet<Mutant>) -> Vec<&'a str> {
    let ops = declared.iter().filter(|(_, module)| module.as_str() == "ops" || module.starts_with("ops::"));
    let names = ops.map(|(op, _)| op.as_str());
    names.filter(|op| !reached.iter().any(|mutant| mutant.op == *op)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(op: &str, input: usize) -> Mutant {
        Mutant { op: op.to_string(), input }
    }

    #[test]
    fn the_log_is_a_set_of_ops_and_inputs() {
        let parsed = parse_log("mul:1\nadd:0\nmul:1\n").unwrap();
        assert_eq!(Vec::from_iter(parsed), [mutant("add", 0), mutant("mul", 1)]);
        assert!(parse_log("mul").unwrap_err().to_string().contains("found `mul`"));
        assert!(parse_log("mul:x").is_err());
    }

    #[test]
    fn an_op_that_no_test_reaches_is_noticed() {
        let modules = [("add", "ops::add"), ("tanh", "ops::tanh"), ("first_order_gradient", "gradient")];
        let declared: Declared = modules.map(|(op, module)| (op.to_string(), module.to_string())).into();
        let reached = BTreeSet::from([mutant("add", 0), mutant("add", 1)]);
        assert_eq!(never_reached(&declared, &reached), ["tanh"]);
    }
}
