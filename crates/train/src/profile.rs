//! What the operations of a run cost.

use tape::Profile;

/// The table of a profile, with the share of this machine's peak that each kind of operation reaches.
pub fn profile_table(profile: &Profile) -> String {
    let peak = tape::peak_flops(0.05);
    let total: f64 = profile.ops.iter().map(|op| (op.forward + op.backward).as_secs_f64()).sum();
    let mut table = format!(
        "{:<22}{:>9}{:>13}{:>13}{:>8}{:>10}{:>8}{:>8}\n",
        "op", "count", "forward", "backward", "share", "GFLOP/s", "peak", "GB/s"
    );
    for op in &profile.ops {
        let (forward, backward) = (op.forward.as_secs_f64(), op.backward.as_secs_f64());
        let per_second = |amount: u64| amount as f64 / forward.max(1e-12) / 1e9;
        table += &format!(
            "{:<22}{:>9}{:>10.2} ms{:>10.2} ms{:>6.1} %{:>10.2}{:>6.1} %{:>8.2}\n",
            op.name,
            op.count,
            1e3 * forward,
            1e3 * backward,
            100.0 * (forward + backward) / total.max(1e-12),
            per_second(op.flops),
            100.0 * per_second(op.flops) * 1e9 / peak,
            per_second(op.bytes),
        );
    }
    table + &format!("peak of the machine with these threads: {:.0} GFLOP/s", peak / 1e9)
}
