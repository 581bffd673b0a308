//! Convolution with 3×3 kernels by the minimal filtering of Winograd, F(4×4, 3×3) and F(2×2, 3×3): a tile of 4×4 results
//! from 36 products a pair of channels instead of 144, or one of 2×2 from 16 instead of 36 (Lavin and Gray, *Fast
//! algorithms for convolutional neural networks*, 2016).
//!
//! ```text
//!   x: 6×6 pixels,            V = Bᵀ x B             for each of the 36 places,         y = Aᵀ M A: 4×4 results
//!   channels last             36 numbers             a product of matrices
//!   ┌──┬────────┐                                        channels     outputs
//!   │  │  next  │           ┌─┐ 36 × tiles × channels   ┌───────┐   ┌────────┐      ┌────────┐
//!   │  │  tile  │   ──▶     │ │                   tiles │   V   │ · │ U      │  =   │   M    │  ──▶ bias, activation
//!   └──┴────────┘           └─┘                         └───────┘   └────────┘      └────────┘
//! ```
//!
//! U = G w Gᵀ is computed once a call, at double precision.
//!
//! **Rounding.** A ReLU near its kink turns a little rounding of the forward pass into another gradient. So the forward pass
//! is computed by tiles of 2×2, whose error is 0.66 to 1.15 times that of the direct sum (root of the mean square, 16 to
//! 256 channels): a sum has a ninth of the terms. The two gradients may have twice the error, and take the larger tiles
//! where these are faster. Their polynomials are interpolated at 0, ±5/8, ±11/8 and ∞ instead of the usual 0, ±1, ±2 and ∞:
//! the powers are as exact in binary, and the error is half. (With them in the forward pass, the gradient of a ResNet-32 was
//! 10⁻² from double precision on some images instead of 10⁻⁵.) The error of a result is within 8 ε of the largest
//! `Σ |w| |x|` among the results, which the tests hold. An infinite number or a not-a-number spreads over its tile.
//!
//! **Work and traffic.** C channels and K outputs need 36·C·K multiply-adds a tile of 4×4, the transforms about 250·(C + K)
//! operations on 1/8 (AVX2) or 1/16 (AVX-512) as many registers: as much as the products for 16 channels, a quarter for
//! 64; with tiles of 2×2, 16·C·K and about 110·(C + K). A block of tiles has 36·(C + K) or 16·(C + K) numbers a tile, and as
//! many tiles as fit a second level of cache; U is read once a block.
//!
//! Measured on two cores of a Zen 3 (peak 207 GFLOP/s), in operations of the direct sum, which reaches 93 to 167: forward
//! 186 GFLOP/s with 16 channels on 32×32 pixels, 244 with 32 on 16×16, 326 with 64 on 8×8, 359 with 128 and 256 on 16×16;
//! by input 280, 429, 508 and 580; by weight 294, 365, 320 and 463.
//!
//! Only for `f32`: double precision is asked for where the last digits count.

mod by_weight;
mod correlate;
mod filter;
mod frame;
mod transform;
mod weights;

pub(super) use by_weight::{by_weight, part_length as by_weight_part_length, suits as suits_by_weight};
pub(super) use correlate::choose;

use crate::Level;
use crate::micro::REGISTERS;
use filter::Filter;

/// The fewest channels and outputs, and pixels of a row, for which it pays: below, registers are not full.
const LEAST: usize = 8;

/// Bytes of the transformed tiles of a block, about: the larger part of a second level of cache.
const BLOCK_BYTES: usize = 384 << 10;

/// The fewest tiles of a block, so that what is read of U pays.
const LEAST_TILES: usize = 24;

/// A cache line, by which the places of a block are further apart than its numbers: distances that are powers of two
/// would lie in the same few lines of a cache.
const APART: usize = 16;

/// Channels of an array as the blocks have them: whole registers.
fn padded(level: Level, channels: usize) -> usize {
    channels.next_multiple_of(lanes(level).max(8))
}

/// Numbers a register of a level.
fn lanes(level: Level) -> usize {
    match level {
        Level::Avx512 => 16,
        Level::Avx2 => 8,
        Level::Baseline => 4,
    }
}

/// Columns of a product that are packed together.
fn panel(level: Level) -> usize {
    REGISTERS * lanes(level)
}

/// Numbers of tiles or channels in panels of some columns: the last panel may be narrower.
#[derive(Clone, Copy)]
struct Panels {
    /// Columns of all panels, and of one.
    columns: usize,
    panel: usize,
    /// Rows of a panel.
    rows: usize,
}

impl Panels {
    /// From a row to the next in the panel of a column.
    #[inline(always)]
    fn row_length(&self, column: usize) -> usize {
        self.panel.min(self.columns - column / self.panel * self.panel)
    }

    /// Where a number lies.
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> usize {
        let start = column / self.panel * self.panel;
        start * self.rows + row * self.row_length(column) + (column - start)
    }
}

/// How the tiles of all images are cut into units: some tiles side by side in a row of tiles.
#[derive(Clone, Copy)]
struct Tiling {
    /// Results of a tile, along an axis.
    tile: usize,
    /// Rows and columns of tiles of an image.
    tiles: [usize; 2],
    /// Tiles of a unit, and units of a row of tiles.
    columns: usize,
    chunks: usize,
    /// Units of a block.
    together: usize,
}

/// Some tiles side by side.
struct Unit {
    image: usize,
    /// The first result.
    row: usize,
    column: usize,
    tiles: usize,
}

impl Tiling {
    /// For results of this size, and blocks of about so many tiles.
    fn new<F: Filter>(size: [usize; 2], tiles_of_block: usize) -> Tiling {
        let tiles = size.map(|size| size.div_ceil(F::TILE));
        let chunks = tiles[1].div_ceil(tiles_of_block.max(1)).max(1);
        let columns = tiles[1].div_ceil(chunks).max(1);
        let chunks = tiles[1].div_ceil(columns);
        Tiling { tile: F::TILE, tiles, columns, chunks, together: (tiles_of_block / columns).max(1) }
    }

    /// Units of so many images.
    fn units(&self, images: usize) -> usize {
        images * self.tiles[0] * self.chunks
    }

    #[inline(always)]
    fn unit(&self, index: usize) -> Unit {
        let (row, chunk) = (index / self.chunks, index % self.chunks);
        let first = chunk * self.columns;
        Unit {
            image: row / self.tiles[0],
            row: row % self.tiles[0] * self.tile,
            column: first * self.tile,
            tiles: self.columns.min(self.tiles[1] - first),
        }
    }
}

/// Tiles of a block whose transformed tiles have so many channels altogether, of which the scratch memory holds one.
fn tiles_of_block<F: Filter>(channels: usize) -> usize {
    let bytes = F::PLACES * size_of::<f32>() * channels;
    let most = crate::scratch::capacity::<f32>() * size_of::<f32>() * 3 / 4 / bytes;
    (BLOCK_BYTES / bytes).max(LEAST_TILES).min(most.max(1))
}
