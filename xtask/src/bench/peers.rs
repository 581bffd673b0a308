//! `cargo xtask bench --peers`: the workloads here and with other libraries, in turn, in processes of their own.

use super::Work;
use crate::{Failure, workspace};
use draw::RatioChart;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names of the workloads: those of the peers' programs, and what is unique to ours.
const WORKLOADS: &[(&str, &str)] = &[
    ("softmax_mnist", "softmax_mnist step"),
    ("mlp_mnist", "mlp_mnist step"),
    ("vanilla_cnn", "vanilla_cnn step"),
    ("vgg_cnn", "vgg_cnn step"),
    ("resnet32_cifar", "resnet32_cifar step"),
    ("squeezenet_grad", "squeezenet_grad step"),
    ("style_step", "style_step"),
    ("rnn_s2s", "rnn_s2s step"),
    ("lstm_s2s", "lstm_s2s step"),
    ("lstm_s2s_attn", "lstm_s2s_attn step"),
    ("transformer_encoder", "transformer_encoder step"),
    ("transformer_full", "transformer_full step"),
    ("matmul_512", "matmul 512, forward and backward"),
    ("gemm_256", "gemm nn 256x256x256"),
    ("gemm_512", "gemm nn 512x512x512"),
    ("gemm_1024", "gemm nn 1024x1024x1024"),
    ("exp_1024", "exp 1024, f"),
    ("tanh_1024", "tanh 1024, f"),
    ("sigmoid_1024", "sigmoid 1024, f"),
    ("gelu_1024", "gelu 1024, f"),
    ("softmax_1024", "softmax 1024, f"),
    ("layer_norm_1024", "layer_norm 1024, f"),
    ("cross_entropy_1024", "cross_entropy 1024, f"),
    ("sum_rows_1024", "sum_rows 1024, f"),
    ("max_columns_1024", "max_columns 1024, f"),
    ("transpose_1024", "transpose 1024, f"),
    ("scalar_chain", "scalar chain"),
];

/// How often every workload is timed with every peer.
const ROUNDS: usize = 3;

/// The peers in Rust, each a folder of this name, and what their pools of threads read when they start.
const BUILT: &[(&str, &[&str])] = &[
    ("burn", &["RAYON_NUM_THREADS", "MATMUL_NUM_THREADS"]),
    ("candle", &["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"]),
    ("dfdx", &["RAYON_NUM_THREADS"]),
];

/// Keeps freed blocks: without it, every step asks the system for its large arrays again.
const ALLOCATOR: &str = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184:\
                         glibc.malloc.top_pad=268435456";

/// The figure beside the table, in the folder docs.
const CHART: &str = "figures/benchmarks.png";

/// What stands below the table.
const FOOT: &str = "\n\
## Reading it

Where the limit is half of what PyTorch takes, nothing can be twice as fast on this machine: so it is with a product of
matrices, and nearly so with the full transformer ([operations and bytes of the steps](roofline.md)). What our steps
take beyond their limit: large products reach 84 to 95 % of the peak ([each of them](kernels.md)), convolutions of the
three colors 50 to 89 %; the sums of the gradients of biases and the optimizer read and write memory. Losses over words are
computed in chunks of rows here, and by PyTorch, tuned, but for the smoothed labels of `transformer_full`, with which it
does not. The error of our GELU is relative, also far out in the tail, where PyTorch's loses its digits.
";

/// The name of this program among the peers.
const OURS: &str = "Retrograde";

/// A program to compare with.
struct Peer {
    name: &'static str,
    /// What its version is that of.
    library: &'static str,
    command: Vec<PathBuf>,
    environment: Vec<(&'static str, String)>,
}

/// What one workload took: seconds a step and bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Taken {
    median: f64,
    least: f64,
    memory: f64,
    /// The least that a step can take: its products at the machine's peak, as this program measured it just before.
    limit: Option<f64>,
}

/// What every peer took, `None` where it has no such workload.
type Row = Vec<Option<Taken>>;

/// How the peers are run.
pub(super) struct Comparison {
    pub(super) python: PathBuf,
    pub(super) filter: Option<String>,
    pub(super) threads: usize,
    pub(super) seconds: f64,
}

impl Comparison {
    /// Times everything, prints the table, and writes it to docs/benchmarks.md if nothing was filtered out.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let root = workspace::root();
        let peers = self.peers(&root)?;
        let wanted = |name: &str| self.filter.as_deref().is_none_or(|part| name.contains(part));
        let mut versions = BTreeMap::new();
        let path = root.join("docs/benchmarks.md");
        let mut rows: Vec<(&str, Row)> = Vec::new();
        for (name, ours) in WORKLOADS.iter().filter(|(name, _)| wanted(name)) {
            let mut rounds: Vec<Vec<Option<Taken>>> = peers.iter().map(|_| Vec::new()).collect();
            for _ in 0..ROUNDS {
                for (peer, taken) in peers.iter().zip(&mut rounds) {
                    let mut command = Command::new(&peer.command[0]);
                    command.args(&peer.command[1..]).envs(peer.environment.iter().map(|(key, value)| (key, value)));
                    match peer.name {
                        OURS => command.args(["bench", "--json", "--filter", ours]),
                        _ => command.args(["--only", name]),
                    };
                    command.args(["--threads", &self.threads.to_string(), "--seconds", &self.seconds.to_string()]);
                    let found = found(peer.name, &mut command)?;
                    if let Some(version) = found.get("version").and_then(Value::as_str) {
                        versions.insert(peer.library, version.to_string());
                    }
                    taken.push(Taken::of(&found));
                }
            }
            let row: Row = rounds.iter().map(|rounds| Taken::middle(rounds)).collect();
            if row[0].is_none() {
                return Err(format!("{OURS}: {name} was not timed").into());
            }
            println!("{}", line(name, &row));
            rows.push((*name, row));
            if self.filter.is_none() {
                // After each, since the next takes a minute.
                fs::write(&path, page(&peers, &rows, &versions, self.threads))?;
                chart(&peers, &rows).save(root.join("docs").join(CHART))?;
            }
        }
        match self.filter {
            Some(_) => println!("\n{}", page(&peers, &rows, &versions, self.threads)),
            None => println!("table: {}", path.display()),
        }
        Ok(())
    }

    /// This program first. Those that have to be built, are.
    fn peers(&self, root: &Path) -> Result<Vec<Peer>, Failure> {
        let folder = root.join("benches/peers");
        let pytorch = vec![self.python.clone(), folder.join("pytorch.py")];
        let mut tuned = vec![("GLIBC_TUNABLES", ALLOCATOR.to_string())];
        let chunked = [&pytorch[..], &["--chunked-loss".into()]].concat();
        let dispatch = folder.join("mkl_dispatch.so");
        if dispatch.exists() {
            tuned.push(("LD_PRELOAD", dispatch.display().to_string()));
        }
        let ours = vec![std::env::current_exe()?];
        let mut peers = vec![
            Peer { name: OURS, library: OURS, command: ours, environment: Vec::new() },
            Peer { name: "PyTorch", library: "PyTorch", command: pytorch.clone(), environment: Vec::new() },
            Peer { name: "PyTorch, tuned", library: "PyTorch", command: chunked, environment: tuned },
        ];
        for (name, pools) in BUILT {
            let command = vec![build(&folder.join(name), &format!("peer-{name}"))?];
            let environment = pools.iter().map(|&pool| (pool, self.threads.to_string())).collect();
            peers.push(Peer { name, library: name, command, environment });
        }
        Ok(peers)
    }
}

/// Builds the program of a peer, and says where it is.
fn build(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let target = folder.join("target");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--release", "--quiet"]).arg("--manifest-path").arg(folder.join("Cargo.toml"));
    let status = command.arg("--target-dir").arg(&target).status()?;
    match status.success() {
        true => Ok(target.join("release").join(name)),
        false => Err(format!("{name} cannot be built: {status}").into()),
    }
}

/// What a program printed: the keys of all its lines of JSON.
fn found(name: &str, command: &mut Command) -> Result<Map<String, Value>, Failure> {
    let output = command.output().map_err(|error| format!("{name} does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let objects = lines.lines().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok());
    Ok(objects.flatten().collect())
}

impl Taken {
    fn of(found: &Map<String, Value>) -> Option<Taken> {
        let number = |key: &str| found.get(key).and_then(Value::as_f64);
        let (median, least, memory) = (number("median_s")?, number("min_s")?, number("peak_memory_bytes")?);
        let of_products = found.get("unit").and_then(Value::as_str) == Some(Work::Operations(0.0).unit());
        let limit = number("share").filter(|_| of_products).map(|share| share * least);
        Some(Taken { median, least, memory, limit })
    }

    /// The median of the rounds' medians, the least of all, the most memory.
    fn middle(rounds: &[Option<Taken>]) -> Option<Taken> {
        let rounds: Vec<Taken> = rounds.iter().copied().collect::<Option<_>>()?;
        let mut medians: Vec<f64> = rounds.iter().map(|taken| taken.median).collect();
        medians.sort_by(f64::total_cmp);
        Some(Taken {
            median: medians[medians.len() / 2],
            least: rounds.iter().map(|taken| taken.least).fold(f64::INFINITY, f64::min),
            memory: rounds.iter().map(|taken| taken.memory).fold(0.0, f64::max),
            limit: rounds.iter().filter_map(|taken| taken.limit).reduce(f64::min),
        })
    }
}

/// What others took as multiples of what we took.
fn ratios(row: &Row) -> Vec<Option<f64>> {
    let ours = row[0].map_or(f64::NAN, |ours| ours.median);
    row[1..].iter().map(|taken| taken.map(|taken| taken.median / ours)).collect()
}

fn milliseconds(seconds: f64) -> String {
    let milliseconds = seconds * 1e3;
    let digits = if milliseconds < 1.0 { 3 } else { usize::from(milliseconds < 100.0) };
    format!("{milliseconds:.digits$}")
}

/// A number as text, or a dash where there is none.
fn cell<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "–".to_string(), text)
}

fn line(name: &str, row: &Row) -> String {
    let times = |taken: Taken| format!("{:>9} / {:>8}", milliseconds(taken.median), milliseconds(taken.least));
    let times: Vec<String> = row.iter().map(|taken| format!("{:>20}", cell(*taken, times))).collect();
    format!("{name:<20} {} ms", times.join("   "))
}

fn page(peers: &[Peer], rows: &[(&str, Row)], versions: &BTreeMap<&str, String>, threads: usize) -> String {
    let versions: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench --peers` ([how](../benches/peers/README.md)): milliseconds a step, the median of \
         {ROUNDS} runs'\nmedians and the least of all steps; {threads} threads; {}; Retrograde {}, {}.\nThe runs of a row \
         took turns. The limit is what the products of the layers would take at the processor's peak,\nwhich is measured \
         beside: multiply-adds in registers. No step can be faster, unless it needs fewer products, as those\nof 3×3 \
         kernels do here; the share is that of our least time.\n\n![The same as a chart]({CHART})\n\n| workload |",
        processor(),
        env!("CARGO_PKG_VERSION"),
        versions.join(", ")
    );
    for peer in peers {
        _ = write!(text, " {}, median | least |", peer.name);
    }
    text += " times as fast as ";
    text += &peers[1..].iter().map(|peer| peer.name).collect::<Vec<_>>().join(" / ");
    text += " | limit | share | memory, MiB |\n| --- |";
    text += &" ---: |".repeat(2 * peers.len() + 4);
    for (name, row) in rows {
        _ = write!(text, "\n| {name} |");
        for taken in row {
            let time = |of: fn(Taken) -> f64| cell(*taken, |taken| milliseconds(of(taken)));
            _ = write!(text, " {} | {} |", time(|taken| taken.median), time(|taken| taken.least));
        }
        let faster: Vec<String> = ratios(row).into_iter().map(|ratio| cell(ratio, |x| format!("{x:.2}"))).collect();
        let mebibytes = |taken: Taken| format!("{:.0}", taken.memory / f64::from(1 << 20));
        let memory: Vec<String> = row.iter().map(|taken| cell(*taken, mebibytes)).collect();
        let limit = row[0].and_then(|ours| Some((ours.limit?, ours.least)));
        let share = cell(limit, |(limit, least)| format!("{:.0} %", 100.0 * limit / least));
        let limit = cell(limit, |(limit, _)| milliseconds(limit));
        _ = write!(text, " {} | {limit} | {share} | {} |", faster.join(" / "), memory.join(" / "));
    }
    text + "\n" + FOOT
}

/// The peers' times as multiples of ours.
fn chart(peers: &[Peer], rows: &[(&str, Row)]) -> RatioChart {
    let ratios = |row: &Row| ratios(row).into_iter().map(|ratio| ratio.unwrap_or(f64::NAN)).collect();
    let rows = rows.iter().map(|(name, row)| (name.to_string(), ratios(row))).collect();
    let names = peers[1..].iter().map(|peer| peer.name.to_string()).collect();
    RatioChart::new("Time of a step, Retrograde = 1", names, rows).axis_label("times as long (the median of all steps)")
}

/// The processor's name and its instruction set, as far as the system says.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let level = kernels::Level::current();
    name.map_or_else(|| level.to_string(), |(_, name)| format!("{name}, {level}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_has_a_row_for_every_workload() {
        let taken =
            |median: f64| Some(Taken { median, least: median / 2.0, memory: f64::from(1 << 20), limit: Some(0.0004) });
        let peer = |name| Peer { name, library: name, command: Vec::new(), environment: Vec::new() };
        let rounds = [taken(0.003), taken(0.001), taken(0.002)];
        let middle = Taken::middle(&rounds);
        let memory = f64::from(1 << 20);
        assert_eq!(middle, Some(Taken { median: 0.002, least: 0.0005, memory, limit: Some(0.0004) }));
        assert_eq!(Taken::middle(&[taken(0.003), None]), None);
        let rows = [("mlp", vec![middle, taken(0.005), None])];
        let peers = ["ours", "other", "third"].map(peer);
        let text = page(&peers, &rows, &BTreeMap::from([("other", "1.0".to_string())]), 2);
        assert!(
            text.contains("\n| mlp | 2.0 | 0.500 | 5.0 | 2.5 | – | – | 2.50 / – | 0.400 | 80 % | 1 / 1 / – |\n"),
            "{text}"
        );
        let [head, rule] = ["| workload |", "| --- |"]
            .map(|start| text.lines().find(|line| line.starts_with(start)).unwrap().matches('|').count());
        assert_eq!((head, rule), (12, 12), "{text}");
    }

    #[test]
    fn the_limit_is_of_products_alone() {
        let taken = |unit: &str| {
            let lines = json!({"median_s": 0.5, "min_s": 0.25, "share": 0.5, "unit": unit, "peak_memory_bytes": 1.0});
            Taken::of(lines.as_object().unwrap()).unwrap().limit
        };
        assert_eq!((taken("GFLOP/s"), taken("GB/s")), (Some(0.125), None));
    }

    #[test]
    fn every_workload_is_one_of_ours() {
        let names: Vec<String> = super::super::all().into_iter().map(|workload| workload.name).collect();
        for (_, ours) in WORKLOADS {
            assert_eq!(names.iter().filter(|name| name.contains(ours)).count(), 1, "{ours}");
        }
    }
}
