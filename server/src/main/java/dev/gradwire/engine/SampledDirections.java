package dev.gradwire.engine;

import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * The directions in which an element of a tensor can move, numbered in row-major order: one for a real element, one each
 * for the real and the imaginary part of a complex one.
 */
final class SampledDirections {
    private SampledDirections() {}

    /** A tensor with one part moved, and what that part is now: rounding makes it differ from what was asked for. */
    record Moved(Tensor tensor, double at) {}

    /** How many directions of so many wanted there are. */
    static long count(TensorType type, int wanted) {
        return Math.min(wanted, all(type));
    }

    private static long all(TensorType type) {
        return Math.multiplyExact(type.shape().elements(), type.dtype().isComplex() ? 2 : 1);
    }

    /**
     * All directions, or as many different ones as are wanted, by numbers that depend on nothing but the arguments.
     *
     * @param stream tells the inputs of one seed apart
     */
    static Collection<Long> draw(TensorType type, int wanted, long seed, int stream) {
        long all = all(type);
        if (all <= wanted) {
            return LongStream.range(0, all).boxed().toList();
        }
        TreeSet<Long> drawn = new TreeSet<>();
        long key = mixed(seed + mixed(stream));
        for (long counter = 0; drawn.size() < wanted; counter++) {
            drawn.add(Long.remainderUnsigned(mixed(key + counter), all));
        }
        return drawn;
    }

    /** SplitMix64 at a counter (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
    private static long mixed(long counter) {
        long z = (counter + 1) * 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    static Moved move(Tensor base, long direction, double step) {
        Tensor part = Tensor.scalar(base.type().dtype().toReal(), part(base, direction) + step);
        MemorySegment bytes = MemorySegment.ofArray(base.data().toArray(ValueLayout.JAVA_BYTE));
        long size = part.data().byteSize();
        bytes.asSlice(direction * size, size).copyFrom(part.data());
        return new Moved(new Tensor(base.type(), bytes), part.getDouble(0));
    }

    /** The part that moves in a direction. */
    static double part(Tensor tensor, long direction) {
        if (!tensor.type().dtype().isComplex()) {
            return tensor.getDouble(direction);
        }
        return direction % 2 == 0 ? tensor.getReal(direction / 2) : tensor.getImaginary(direction / 2);
    }

    static boolean isImaginary(TensorType type, long direction) {
        return type.dtype().isComplex() && direction % 2 == 1;
    }

    /** Index of the element that moves, one number for each dimension. */
    static List<Long> index(TensorType type, long direction) {
        long element = type.dtype().isComplex() ? direction / 2 : direction;
        List<Long> index = new ArrayList<>();
        Shape shape = type.shape();
        long[] strides = shape.contiguousStrides();
        for (int dim = 0; dim < shape.rank(); dim++) {
            index.add(element / strides[dim] % shape.dim(dim));
        }
        return index;
    }
}
