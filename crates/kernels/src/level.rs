//! Instruction sets: which one this machine has, and how a kernel is compiled once for each.

use std::sync::OnceLock;

/// An instruction set that kernels are compiled for, from the least to the most capable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What the compiler's target guarantees: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    /// AVX2 with FMA: 8 `f32` a register.
    Avx2,
    /// AVX-512 F, BW, DQ and VL: 16 `f32` a register.
    Avx512,
}

impl Level {
    /// The level that kernels use in this process: the best that the processor has, or a lower one where the
    /// environment variable `RETROGRADE_LEVEL` says `baseline`, `avx2` or `avx512` when the first kernel runs.
    ///
    /// Results of different levels may differ in the last bits, since gemm sums in another order.
    #[inline]
    pub fn current() -> Level {
        static CURRENT: OnceLock<Level> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let wanted = match std::env::var("RETROGRADE_LEVEL").as_deref() {
                Ok("baseline") => Level::Baseline,
                Ok("avx2") => Level::Avx2,
                _ => Level::Avx512,
            };
            wanted.min(Level::detect())
        })
    }

    /// The best level that this processor has.
    pub fn detect() -> Level {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            if avx2 && avx512 {
                return Level::Avx512;
            }
            if avx2 {
                return Level::Avx2;
            }
        }
        Level::Baseline
    }
}

impl std::fmt::Display for Level {
    /// The name that `RETROGRADE_LEVEL` knows.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Level::Baseline => "baseline",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        })
    }
}

/// Compiles the body of a function once for each [`Level`] and picks one at run time.
///
/// Generic parameters stand in square brackets. What the body calls must be `#[inline(always)]` or a small closure, so
/// that it is compiled with the caller's instruction set:
///
/// ```ignore
/// vectorize! {
///     /// `y = f(x)`, elementwise.
///     fn map_chunk[T: Copy, U, G: Fn(T) -> U](x: &[T], y: &mut [U], f: G) {
///         for (y, &x) in y.iter_mut().zip(x) { *y = f(x) }
///     }
/// }
/// ```
macro_rules! vectorize {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident [$($generics:tt)*] ($($arg:ident : $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)+) => {$(
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name<$($generics)*>($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
                #[allow(clippy::too_many_arguments)]
                unsafe fn avx512<$($generics)*>($($arg: $ty),*) $(-> $ret)? $body
                #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
                #[allow(clippy::too_many_arguments)]
                unsafe fn avx2<$($generics)*>($($arg: $ty),*) $(-> $ret)? $body
                match $crate::Level::current() {
                    // SAFETY: `Level::current` is at most what the processor was detected to have.
                    $crate::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::Level::Baseline => {}
                }
            }
            $body
        }
    )+};
}

/// As `vectorize`, but with registers of AVX2 at most: for what the compiler makes slower with longer ones, as where
/// every second number is read. Measured on a Zen 4, pools took 1.2 to 2.8 times as long with AVX-512, but those of 2×2 on
/// rows of 28 and 32 pixels, which took 0.87 times as long.
macro_rules! vectorize_narrow {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident [$($generics:tt)*] ($($arg:ident : $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)+) => {$(
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name<$($generics)*>($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
                #[allow(clippy::too_many_arguments)]
                unsafe fn avx2<$($generics)*>($($arg: $ty),*) $(-> $ret)? $body
                if $crate::Level::current() >= $crate::Level::Avx2 {
                    // SAFETY: `Level::current` is at most what the processor was detected to have.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body
        }
    )+};
}
