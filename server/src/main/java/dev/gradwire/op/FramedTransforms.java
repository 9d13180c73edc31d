package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fourier transforms of the overlapping frames of a signal, and a signal from such transforms. */
final class FramedTransforms {
    private static final String FRAMES =
            "Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None";

    private FramedTransforms() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("stft.center(" + FRAMES + ", bool center=True, str pad_mode=\"reflect\", bool"
                                + " normalized=False, bool? onesided=None, bool? return_complex=None, bool?"
                                + " align_to_window=None) -> Tensor")
                        .overload("stft(" + FRAMES + ", bool normalized=False, bool? onesided=None, bool?"
                                + " return_complex=None, bool? align_to_window=None) -> Tensor")
                        .doc("the transform of each frame of n_fft points, hop_length apart, times window: [batch,"
                                + " frequency, frame]. With center, frames are centred on their place, so that the"
                                + " signal is padded by pad_mode at both ends")
                        .complex()
                        .composite(n -> List.of(forward(n)))
                        .samples(
                                "float64[2, 10], 4, 3, window=float64[4], return_complex=True",
                                "float64[9], 4, 2, 3, float64[3]{0.5..2}, False, return_complex=True",
                                "float64[8], 4, center=False, onesided=False, normalized=True, return_complex=False",
                                "complex128[8], 4, window=complex128[4]"),
                operator("istft(" + FRAMES + ", bool center=True, bool normalized=False, bool? onesided=None, int?"
                                + " length=None, bool return_complex=False) -> Tensor")
                        .doc("the signal of which self is the stft: frames times window, overlapped, added and divided"
                                + " by the sum of the squares of window, which must not vanish")
                        .complex()
                        .composite(n -> List.of(inverse(n)))
                        .samples(
                                "complex128[2, 3, 5], 4, 2, window=float64[4]{0.5..1.5}",
                                "complex128[4, 5], 4, 1, 3, float64[3]{0.5..2}, length=5",
                                "complex128[4, 3], 4, center=False, return_complex=True"));
    }

    /** Lengths that both directions take from their arguments. */
    private record Frame(int size, int hop, int window) {
        static Frame of(Args n) {
            int size = positive("n_fft", n.integer("n_fft"));
            int hop = positive("hop_length", n.call().integer("hop_length", size / 4));
            int window = positive("win_length", n.call().integer("win_length", size));
            Require.that(window <= size, "win_length", "must be at most n_fft, " + size + ", but is " + window);
            if (n.has("window")) {
                Require.shape(n.call(), "window", Shape.of(window), "win_length");
                DType dtype = n.type("window").dtype();
                Fourier.requireParts("window", dtype.toReal());
            }
            return new Frame(size, hop, window);
        }

        private static int positive(String parameter, long length) {
            Require.that(length > 0 && length <= Integer.MAX_VALUE, parameter, "must be positive, but is " + length);
            return (int) length;
        }

        /** The window in the middle of the frame, zeros beside it. */
        Expr centred(Expr weights) {
            int left = (size - window) / 2;
            return window == size
                    ? weights
                    : weights.call("constant_pad_nd", new long[] {left, size - window - left}, 0);
        }
    }

    private static Expr forward(Args n) {
        Expr self = n.self();
        Fourier.requireParts("self", self.dtype().toReal());
        Require.rank(n.call(), "self", 1, 2);
        Require.that(!n.has("align_to_window"), "align_to_window", "must be None: frames begin where the signal does");
        Frame frame = Frame.of(n);
        boolean complexWindow = n.has("window") && n.type("window").dtype().isComplex();
        boolean complexInput = self.dtype().isComplex() || complexWindow;
        Require.that(
                n.has("return_complex") || complexInput,
                "return_complex",
                "must be given for a real signal: whether the parts of the result lie along a last dimension");
        Expr input = isCentred(n) ? padded(n, self, frame.size / 2) : self;
        input = self.rank() == 1 ? input.unsqueeze(0) : input;
        long length = input.size(1);
        if (frame.size > length) {
            throw Require.shape(
                    "self", "has " + length + " points, too few for frames of " + frame.size + ": " + self.shape());
        }
        long count = 1 + (length - frame.size) / frame.hop;
        Expr frames = input.call("contiguous")
                .call("as_strided", new long[] {input.size(0), count, frame.size}, new long[] {length, frame.hop, 1});
        Expr window = window(n, frame, self.dtype());
        frames = window == null ? frames : frames.mul(window);
        Expr spectrum = transformed(n, frames).call("transpose_", 1, 2);
        if (self.rank() == 1) {
            spectrum = spectrum.call("squeeze_", 0);
        }
        boolean whole = n.has("return_complex") ? n.bool("return_complex") : complexInput;
        return whole ? spectrum : spectrum.call("view_as_real");
    }

    /** The overload without {@code center} leaves the signal as it is. */
    private static boolean isCentred(Args n) {
        return n.call().op().schema().indexOf("center") >= 0 && n.bool("center");
    }

    private static Expr padded(Args n, Expr self, long amount) {
        long[] extended = new long[3];
        for (int i = 0; i < 3; i++) {
            int dim = i - 3 + self.rank();
            extended[i] = dim < 0 ? 1 : self.size(dim);
        }
        Expr wide = self.call("view", extended).call("pad", new long[] {amount, amount}, n.raw("pad_mode"));
        return self.rank() == 1
                ? wide.call("view", new long[] {wide.size(2)})
                : wide.call("view", new long[] {wide.size(1), wide.size(2)});
    }

    private static @Nullable Expr window(Args n, Frame frame, DType dtype) {
        if (n.has("window")) {
            return frame.centred(n.arg("window"));
        }
        return frame.window == frame.size
                ? null
                : frame.centred(n.full(new TensorType(dtype, Shape.of(frame.window)), 1));
    }

    private static Expr transformed(Args n, Expr frames) {
        long normalization = n.bool("normalized") ? Fourier.BY_ROOT : Fourier.NONE;
        long[] last = {2};
        if (!frames.dtype().isComplex()) {
            return frames.call("_fft_r2c", last, normalization, !n.has("onesided") || n.bool("onesided"));
        }
        Require.that(
                !n.has("onesided") || !n.bool("onesided"),
                "onesided",
                "must be false, as the transform of a complex signal has no half that tells the other");
        return frames.call("_fft_c2c", last, normalization, true);
    }

    private static Expr inverse(Args n) {
        Expr self = n.self();
        if (!self.dtype().isComplex()) {
            throw GraphException.argument(
                    Reason.DTYPE_UNSUPPORTED,
                    "self",
                    "must be complex, but is " + self.dtype().label());
        }
        Require.rank(n.call(), "self", 2, 3);
        if (self.shape().elements() == 0) {
            throw Require.shape("self", "must have at least one element, but has shape " + self.shape());
        }
        Frame frame = Frame.of(n);
        Require.that(frame.hop <= frame.window, "hop_length", "must be at most the window's length, " + frame.window);
        long count = self.size(-1);
        long points = self.size(-2);
        boolean onesided = n.has("onesided") ? n.bool("onesided") : points != frame.size;
        long expected = onesided ? frame.size / 2 + 1 : frame.size;
        if (points != expected) {
            throw Require.shape(
                    "self",
                    "must have " + expected + " frequencies for n_fft " + frame.size + ", but has shape "
                            + self.shape());
        }
        boolean whole = n.bool("return_complex");
        Require.that(!whole || !onesided, "onesided", "must be false for a complex signal");
        Require.that(
                whole || !n.has("window") || !n.type("window").dtype().isComplex(),
                "window",
                "must be real for a real signal");

        Expr spectrum = self.call("view_as_real");
        spectrum = self.rank() == 2 ? spectrum.unsqueeze(0) : spectrum;
        spectrum = spectrum.transpose(1, 2).call("view_as_complex");
        long normalization = n.bool("normalized") ? Fourier.BY_ROOT : Fourier.BY_SIZE;
        long[] last = {2};
        Expr frames;
        if (whole) {
            frames = spectrum.call("_fft_c2c", last, normalization, false);
        } else {
            spectrum = onesided ? spectrum : spectrum.slice(2, 0, frame.size / 2 + 1);
            frames = spectrum.call("_fft_c2r", last, normalization, frame.size);
        }
        Expr window = frame.centred(
                n.has("window")
                        ? n.arg("window")
                        : n.full(new TensorType(self.dtype().toReal(), Shape.of(frame.window)), 1));
        long length = Math.addExact(frame.size, Math.multiplyExact((long) frame.hop, count - 1));
        Expr signal = overlapped(frames.mul(window.call("view", new long[] {1, 1, frame.size})), frame, length);
        Expr envelope = overlapped(window.pow(2).expand(Shape.of(1, count, frame.size)), frame, length);
        return trimmed(n, signal, envelope, frame, length);
    }

    private static Expr overlapped(Expr frames, Frame frame, long length) {
        return frames.call("unfold_backward", new long[] {frames.size(0), length}, 1, frame.size, frame.hop);
    }

    /** Without the padding of centred frames, divided by the envelope, and as long as {@code length} asks for. */
    private static Expr trimmed(Args n, Expr signal, Expr envelope, Frame frame, long length) {
        boolean center = n.bool("center");
        long start = center ? frame.size / 2 : 0;
        long end = n.has("length") ? start + n.integer("length") : length - start;
        Require.that(end > start, "length", "leaves nothing of a signal of " + length + " points");
        long stop = Math.min(end, length);
        Expr inside = signal.slice(1, start, stop).div(envelope.slice(1, start, stop));
        inside = n.rank("self") == 2 ? inside.squeeze(0) : inside;
        return end <= length ? inside : inside.call("constant_pad_nd", new long[] {0, end - length}, 0);
    }
}
