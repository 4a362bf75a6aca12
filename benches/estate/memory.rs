//! How much memory an import takes at its peak, each in a process of its own.

use std::path::Path;
use std::process::Command;

use crate::estate::Account;
use crate::made::{Made, import};
use crate::table::line;

/// The first word of a process that does one thing and prints its peak.
pub(crate) const IN_A_PROCESS: &str = "in-a-process";

/// Does one thing, and prints the most memory that this process has had, in kB.
pub(crate) fn in_this_process(what: &str, dump: &Path) {
    match what {
        "import" => import(dump, &dump.with_extension("db")),
        "json" => {
            let text = std::fs::read(dump).expect("a dump");
            let value: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
            std::hint::black_box(value);
        }
        _ => {}
    }
    line(&peak().to_string());
}

/// `VmHWM` of Linux; 0 elsewhere.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Prints the peaks at these sizes.
pub(crate) fn print(sizes: &[usize]) {
    let made = Made::new();
    let peak_of = |what: &str, dump: &Path| {
        let process = Command::new(std::env::current_exe().expect("this program"))
            .args([IN_A_PROCESS, what])
            .arg(dump)
            .output()
            .expect("a process");
        let peak: f64 = String::from_utf8_lossy(&process.stdout).trim().parse().unwrap_or(0.0);
        peak / 1e3
    };
    for &size in sizes {
        let dump = made.dump(&Account::new(size, 1));
        let bytes = std::fs::metadata(&dump).map_or(0, |metadata| metadata.len());
        line(&format!(
            "memory {size:>7} principals ({:.1} MB): import {:.1} MB, into serde_json::Value {:.1} MB, a process that does nothing {:.1} MB",
            bytes as f64 / 1e6,
            peak_of("import", &dump),
            peak_of("json", &dump),
            peak_of("nothing", &dump),
        ));
    }
}
