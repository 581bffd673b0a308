//! [`Jitter`]: random brightness, contrast and saturation.

/// By how much each may change.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Jitter {
    pub(crate) brightness: f32,
    pub(crate) contrast: f32,
    pub(crate) saturation: f32,
}

/// Holds a jitter to be possible.
///
/// # Panics
/// When a number is negative or not finite.
#[track_caller]
pub(crate) fn check(jitter: &Jitter) {
    for v in [jitter.brightness, jitter.contrast, jitter.saturation] {
        assert!(v >= 0.0 && v.is_finite(), "augment: jitter is finite and not negative: {v}");
    }
}

/// The weights of red, green and blue in a gray.
const GRAY: [f32; 3] = [0.299, 0.587, 0.114];

impl Jitter {
    pub(crate) const fn none() -> Jitter {
        Jitter { brightness: 0.0, contrast: 0.0, saturation: 0.0 }
    }

    /// Changes a picture of one or three channels of `plane` pixels by factors from numbers in [0, 1).
    pub(crate) fn apply(&self, drawn: [f32; 3], plane: usize, picture: &mut [f32]) {
        let factor = |v: f32, drawn: f32| {
            let low = (1.0 - v).max(0.0);
            low + (1.0 + v - low) * drawn
        };
        if self.brightness > 0.0 {
            brightness(factor(self.brightness, drawn[0]), picture);
        }
        if self.contrast > 0.0 {
            contrast(factor(self.contrast, drawn[1]), plane, picture);
        }
        if self.saturation > 0.0 {
            saturation(factor(self.saturation, drawn[2]), plane, picture);
        }
    }
}

/// `factor x + (1 − factor) other`, within 0 and 1.
fn blend(factor: f32, x: f32, other: f32) -> f32 {
    (factor * x + (1.0 - factor) * other).clamp(0.0, 1.0)
}

fn brightness(factor: f32, picture: &mut [f32]) {
    picture.iter_mut().for_each(|x| *x = blend(factor, *x, 0.0));
}

fn contrast(factor: f32, plane: usize, picture: &mut [f32]) {
    let mean = |channel: &[f32]| channel.iter().sum::<f32>() / plane as f32;
    let gray = match picture.len() / plane {
        1 => mean(picture),
        _ => picture.chunks_exact(plane).zip(GRAY).map(|(channel, weight)| weight * mean(channel)).sum(),
    };
    picture.iter_mut().for_each(|x| *x = blend(factor, *x, gray));
}

fn saturation(factor: f32, plane: usize, picture: &mut [f32]) {
    let (red, rest) = picture.split_at_mut(plane);
    if rest.is_empty() {
        return;
    }
    let (green, blue) = rest.split_at_mut(plane);
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        let gray = GRAY[0] * *red + GRAY[1] * *green + GRAY[2] * *blue;
        [red, green, blue].into_iter().for_each(|x| *x = blend(factor, *x, gray));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(have: &[f32], want: &[f32]) {
        let near = |(have, want): (&f32, &f32)| (have - want).abs() < 1e-6;
        assert!(have.len() == want.len() && have.iter().zip(want).all(near), "{have:?}, expected {want:?}");
    }

    /// Two pixels, (0.2, 0.4, 0.9) and (0.6, 0, 0.5).
    const PICTURE: [f32; 6] = [0.2, 0.6, 0.4, 0.0, 0.9, 0.5];

    #[test]
    fn brightness_scales_and_stays_below_white() {
        let mut picture = PICTURE;
        brightness(1.5, &mut picture);
        close(&picture, &[0.3, 0.9, 0.6, 0.0, 1.0, 0.75]);
    }

    #[test]
    fn contrast_is_towards_the_mean_gray() {
        let mut picture = PICTURE;
        contrast(0.0, 2, &mut picture);
        // 0.299 · 0.4 + 0.587 · 0.2 + 0.114 · 0.7
        close(&picture, &[0.3168; 6]);
        let mut picture = PICTURE;
        contrast(2.0, 2, &mut picture);
        close(&picture, &[0.0832, 0.8832, 0.4832, 0.0, 1.0, 0.6832]);
        let mut gray = [0.2, 0.6];
        contrast(0.5, 2, &mut gray);
        close(&gray, &[0.3, 0.5]);
    }

    #[test]
    fn saturation_is_towards_the_gray_of_the_pixel() {
        let mut picture = PICTURE;
        saturation(0.5, 2, &mut picture);
        // The grays are 0.3972 and 0.2364.
        close(&picture, &[0.2986, 0.4182, 0.3986, 0.1182, 0.6486, 0.3682]);
        let mut gray = [0.2, 0.6];
        saturation(0.5, 2, &mut gray);
        assert_eq!(gray, [0.2, 0.6]);
    }

    #[test]
    fn factors_are_around_one_and_not_negative() {
        let brighter = |v: f32, drawn: f32| {
            let mut picture = [0.25; 3];
            Jitter { brightness: v, ..Jitter::none() }.apply([drawn, 0.0, 0.0], 1, &mut picture);
            picture[0] / 0.25
        };
        close(&[brighter(0.4, 0.0), brighter(0.4, 0.5), brighter(0.4, 1.0)], &[0.6, 1.0, 1.4]);
        close(&[brighter(3.0, 0.0), brighter(3.0, 0.5), brighter(3.0, 1.0)], &[0.0, 2.0, 4.0]);
    }
}
