//! The tables of a comparison: its runs, and the accuracy by class.

use crate::Report;

/// What runs are called: settings that were trained more than once get numbers.
pub(super) fn names_of_runs(reports: &[(String, Report)]) -> Vec<String> {
    let same = |name: &str, reports: &[(String, Report)]| reports.iter().filter(|(other, _)| other == name).count();
    let name = |(i, (name, _)): (usize, &(String, Report))| match same(name, reports) {
        1 => name.clone(),
        _ => format!("{name}, run {}", same(name, &reports[..=i])),
    };
    reports.iter().enumerate().map(name).collect()
}

/// A row for every run.
pub(super) fn runs(reports: &[(String, Report)]) -> String {
    let names = names_of_runs(reports);
    let width = width(names.iter());
    let mut table = format!("{:<width$}  best epoch  validation    test  test loss  seconds\n", "settings");
    for (name, (_, report)) in names.iter().zip(reports) {
        table += &format!(
            "{name:<width$}  {:>10}  {:>8.2} %  {:>5.2}  {:>9.4}  {:>7.1}\n",
            report.best_epoch,
            100.0 * report.validation.accuracy,
            100.0 * report.test.accuracy,
            report.test.loss,
            report.seconds,
        );
    }
    table
}

fn width<'n>(names: impl Iterator<Item = &'n String>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0).max(8)
}

/// A row for every setting, with the test accuracy of every class: the mean over the setting's runs.
pub(super) fn class_rows(reports: &[(String, Report)]) -> Vec<(String, Vec<Option<f64>>)> {
    let mut rows: Vec<(String, Vec<&Report>)> = Vec::new();
    for (name, report) in reports {
        match rows.iter_mut().find(|(other, _)| other == name) {
            Some((_, runs)) => runs.push(report),
            None => rows.push((name.clone(), vec![report])),
        }
    }
    let mean = |runs: &[&Report], class: usize| -> Option<f64> {
        let sum: Option<f64> = runs.iter().map(|run| run.class_accuracies[class]).sum();
        sum.map(|sum| sum / runs.len() as f64)
    };
    let row = |(name, runs): (String, Vec<&Report>)| {
        let accuracies = (0..runs[0].classes.len()).map(|class| mean(&runs, class)).collect();
        (if runs.len() == 1 { name } else { format!("{name} (mean of {})", runs.len()) }, accuracies)
    };
    rows.into_iter().map(row).collect()
}

/// [`class_rows`] in percent, each with the mean over the classes.
pub(super) fn classes(reports: &[(String, Report)]) -> String {
    let rows = class_rows(reports);
    let width = width(rows.iter().map(|(name, _)| name));
    let Some((_, first)) = reports.first() else { return String::new() };
    let mut table = format!("{:<width$}", "class");
    first.classes.iter().for_each(|name| table += &format!("  {:>6}", name.chars().take(6).collect::<String>()));
    table += "    mean\n";
    for (name, accuracies) in rows {
        table += &format!("{name:<width$}");
        for accuracy in &accuracies {
            table += &accuracy.map_or("       -".to_string(), |x| format!("  {:>6.2}", 100.0 * x));
        }
        let known: Vec<f64> = accuracies.iter().copied().flatten().collect();
        table += &format!("  {:>6.2}\n", 100.0 * known.iter().sum::<f64>() / known.len().max(1) as f64);
    }
    table
}
