//! Philox4x32-10: a keyed bijection of 128-bit counters whose outputs pass all tests of randomness (Salmon, Moraes,
//! Dror and Shaw 2011, *Parallel random numbers: as easy as 1, 2, 3*).

/// How many blocks are computed side by side: several vectors, since the compiler unrolls shorter loops into scalars.
pub(super) const LANES: usize = 64;

const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// The golden ratio and √3 − 1, as fractions of 2³².
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

#[inline(always)]
fn round(key: [u32; 2], [a, b, c, d]: [u32; 4]) -> [u32; 4] {
    let (p, q) = (MULTIPLIERS[0] * u64::from(a), MULTIPLIERS[1] * u64::from(c));
    [(q >> 32) as u32 ^ b ^ key[0], q as u32, (p >> 32) as u32 ^ d ^ key[1], p as u32]
}

/// The four words of one counter.
#[inline(always)]
pub(super) fn block(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    // Written out: a loop over rounds inside the loop over lanes would keep that from becoming vectors.
    let (key0, counter) = (key, round(key, counter));
    let (key1, counter) = next_round(key0, counter);
    let (key2, counter) = next_round(key1, counter);
    let (key3, counter) = next_round(key2, counter);
    let (key4, counter) = next_round(key3, counter);
    let (key5, counter) = next_round(key4, counter);
    let (key6, counter) = next_round(key5, counter);
    let (key7, counter) = next_round(key6, counter);
    let (key8, counter) = next_round(key7, counter);
    next_round(key8, counter).1
}

#[inline(always)]
fn next_round(key: [u32; 2], counter: [u32; 4]) -> ([u32; 2], [u32; 4]) {
    let key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    (key, round(key, counter))
}

/// The blocks of [`LANES`] counters that differ in their lower half: word w of counter l is `[w][l]`.
#[inline(always)]
pub(super) fn blocks(key: [u32; 2], first: u64, high: [u32; 2]) -> [[u32; LANES]; 4] {
    let [mut a, mut b, mut c, mut d] = [[0; LANES]; 4];
    for l in 0..LANES {
        let number = first + l as u64;
        [a[l], b[l], c[l], d[l]] = block(key, [number as u32, (number >> 32) as u32, high[0], high[1]]);
    }
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published known answers.
    #[test]
    fn known_answers() {
        let check = |key, counter, want| assert_eq!(block(key, counter), want, "{key:x?} {counter:x?}");
        check([0; 2], [0; 4], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        check([!0; 2], [!0; 4], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        check(
            [0xa409_3822, 0x299f_31d0],
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        );
    }

    #[test]
    fn side_by_side_is_the_same() {
        let first = u64::from(u32::MAX) - 5;
        let side_by_side = blocks([1, 2], first, [3, 4]);
        for (l, number) in (first..).take(LANES).enumerate() {
            let one = block([1, 2], [number as u32, (number >> 32) as u32, 3, 4]);
            assert_eq!(one, [0, 1, 2, 3].map(|w: usize| side_by_side[w][l]));
        }
    }
}
