package dev.gradwire.kernel.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Instructions of generated loops, by the names of the operations in lower case: what a loop can compute is what stands
 * here or in the tables of functions. Comparisons give masks of floating lanes, whatever was compared. The three forms
 * of a reduction: combining a vector into lanes, only some lanes of it, and folding the lanes as
 * {@link ReductionOrder} says, the result in all of them.
 */
final class LoopMath {
    static final VectorShuffle<Float> FLOAT_8 = rotated(LoopOps.FLOAT, 8);
    static final VectorShuffle<Float> FLOAT_4 = rotated(LoopOps.FLOAT, 4);
    static final VectorShuffle<Float> FLOAT_2 = rotated(LoopOps.FLOAT, 2);
    static final VectorShuffle<Float> FLOAT_1 = rotated(LoopOps.FLOAT, 1);
    static final VectorShuffle<Double> DOUBLE_4 = rotated(LoopOps.DOUBLE, 4);
    static final VectorShuffle<Double> DOUBLE_2 = rotated(LoopOps.DOUBLE, 2);
    static final VectorShuffle<Double> DOUBLE_1 = rotated(LoopOps.DOUBLE, 1);
    static final VectorShuffle<Integer> INT_8 = rotated(LoopOps.INT, 8);
    static final VectorShuffle<Integer> INT_4 = rotated(LoopOps.INT, 4);
    static final VectorShuffle<Integer> INT_2 = rotated(LoopOps.INT, 2);
    static final VectorShuffle<Integer> INT_1 = rotated(LoopOps.INT, 1);
    static final VectorShuffle<Long> LONG_4 = rotated(LoopOps.LONG, 4);
    static final VectorShuffle<Long> LONG_2 = rotated(LoopOps.LONG, 2);
    static final VectorShuffle<Long> LONG_1 = rotated(LoopOps.LONG, 1);

    private LoopMath() {}

    private static <E> VectorShuffle<E> rotated(VectorSpecies<E> species, int lanes) {
        return VectorShuffle.iota(species, lanes % species.length(), 1, true);
    }

    static FloatVector add(FloatVector a, FloatVector b) {
        return a.add(b);
    }

    static FloatVector sub(FloatVector a, FloatVector b) {
        return a.sub(b);
    }

    static FloatVector mul(FloatVector a, FloatVector b) {
        return a.mul(b);
    }

    static FloatVector div(FloatVector a, FloatVector b) {
        return a.div(b);
    }

    static FloatVector fma(FloatVector a, FloatVector b, FloatVector c) {
        return a.fma(b, c);
    }

    static FloatVector sqrt(FloatVector a) {
        return a.sqrt();
    }

    static VectorMask<Float> isnan(FloatVector a) {
        return a.test(VectorOperators.IS_NAN);
    }

    static FloatVector abs(FloatVector a) {
        return a.abs();
    }

    static FloatVector neg(FloatVector a) {
        return a.neg();
    }

    static FloatVector maximum(FloatVector a, FloatVector b) {
        return a.max(b);
    }

    static FloatVector minimum(FloatVector a, FloatVector b) {
        return a.min(b);
    }

    static VectorMask<Float> eq(FloatVector a, FloatVector b) {
        return a.compare(VectorOperators.EQ, b);
    }

    static VectorMask<Float> ne(FloatVector a, FloatVector b) {
        return a.compare(VectorOperators.NE, b);
    }

    static VectorMask<Float> lt(FloatVector a, FloatVector b) {
        return a.compare(VectorOperators.LT, b);
    }

    static VectorMask<Float> le(FloatVector a, FloatVector b) {
        return a.compare(VectorOperators.LE, b);
    }

    static VectorMask<Float> gt(FloatVector a, FloatVector b) {
        return a.compare(VectorOperators.GT, b);
    }

    static VectorMask<Float> ge(FloatVector a, FloatVector b) {
        return a.compare(VectorOperators.GE, b);
    }

    static FloatVector where(VectorMask<Float> which, FloatVector a, FloatVector b) {
        return b.blend(a, which);
    }

    static FloatVector foldSum(FloatVector lanes) {
        FloatVector v = lanes;
        if (LoopOps.FLOAT.length() > 8) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(FLOAT_8));
        }
        if (LoopOps.FLOAT.length() > 4) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(FLOAT_4));
        }
        if (LoopOps.FLOAT.length() > 2) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(FLOAT_2));
        }
        return v.lanewise(VectorOperators.ADD, v.rearrange(FLOAT_1));
    }

    static FloatVector foldProd(FloatVector lanes) {
        FloatVector v = lanes;
        if (LoopOps.FLOAT.length() > 8) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(FLOAT_8));
        }
        if (LoopOps.FLOAT.length() > 4) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(FLOAT_4));
        }
        if (LoopOps.FLOAT.length() > 2) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(FLOAT_2));
        }
        return v.lanewise(VectorOperators.MUL, v.rearrange(FLOAT_1));
    }

    static FloatVector foldMax(FloatVector lanes) {
        FloatVector v = lanes;
        if (LoopOps.FLOAT.length() > 8) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(FLOAT_8));
        }
        if (LoopOps.FLOAT.length() > 4) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(FLOAT_4));
        }
        if (LoopOps.FLOAT.length() > 2) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(FLOAT_2));
        }
        return v.lanewise(VectorOperators.MAX, v.rearrange(FLOAT_1));
    }

    static FloatVector foldMin(FloatVector lanes) {
        FloatVector v = lanes;
        if (LoopOps.FLOAT.length() > 8) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(FLOAT_8));
        }
        if (LoopOps.FLOAT.length() > 4) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(FLOAT_4));
        }
        if (LoopOps.FLOAT.length() > 2) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(FLOAT_2));
        }
        return v.lanewise(VectorOperators.MIN, v.rearrange(FLOAT_1));
    }

    static FloatVector sum(FloatVector lanes, FloatVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.ADD, value, mask);
    }

    static FloatVector sum(FloatVector lanes, FloatVector value) {
        return lanes.add(value);
    }

    static FloatVector prod(FloatVector lanes, FloatVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.MUL, value, mask);
    }

    static FloatVector prod(FloatVector lanes, FloatVector value) {
        return lanes.mul(value);
    }

    static FloatVector max(FloatVector lanes, FloatVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.MAX, value, mask);
    }

    static FloatVector max(FloatVector lanes, FloatVector value) {
        return lanes.max(value);
    }

    static FloatVector min(FloatVector lanes, FloatVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.MIN, value, mask);
    }

    static FloatVector min(FloatVector lanes, FloatVector value) {
        return lanes.min(value);
    }

    static DoubleVector add(DoubleVector a, DoubleVector b) {
        return a.add(b);
    }

    static DoubleVector sub(DoubleVector a, DoubleVector b) {
        return a.sub(b);
    }

    static DoubleVector mul(DoubleVector a, DoubleVector b) {
        return a.mul(b);
    }

    static DoubleVector div(DoubleVector a, DoubleVector b) {
        return a.div(b);
    }

    static DoubleVector fma(DoubleVector a, DoubleVector b, DoubleVector c) {
        return a.fma(b, c);
    }

    static DoubleVector sqrt(DoubleVector a) {
        return a.sqrt();
    }

    static VectorMask<Double> isnan(DoubleVector a) {
        return a.test(VectorOperators.IS_NAN);
    }

    static DoubleVector abs(DoubleVector a) {
        return a.abs();
    }

    static DoubleVector neg(DoubleVector a) {
        return a.neg();
    }

    static DoubleVector maximum(DoubleVector a, DoubleVector b) {
        return a.max(b);
    }

    static DoubleVector minimum(DoubleVector a, DoubleVector b) {
        return a.min(b);
    }

    static VectorMask<Double> eq(DoubleVector a, DoubleVector b) {
        return a.compare(VectorOperators.EQ, b);
    }

    static VectorMask<Double> ne(DoubleVector a, DoubleVector b) {
        return a.compare(VectorOperators.NE, b);
    }

    static VectorMask<Double> lt(DoubleVector a, DoubleVector b) {
        return a.compare(VectorOperators.LT, b);
    }

    static VectorMask<Double> le(DoubleVector a, DoubleVector b) {
        return a.compare(VectorOperators.LE, b);
    }

    static VectorMask<Double> gt(DoubleVector a, DoubleVector b) {
        return a.compare(VectorOperators.GT, b);
    }

    static VectorMask<Double> ge(DoubleVector a, DoubleVector b) {
        return a.compare(VectorOperators.GE, b);
    }

    static DoubleVector where(VectorMask<Double> which, DoubleVector a, DoubleVector b) {
        return b.blend(a, which);
    }

    static DoubleVector foldSum(DoubleVector lanes) {
        DoubleVector v = lanes;
        if (LoopOps.DOUBLE.length() > 4) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(DOUBLE_4));
        }
        if (LoopOps.DOUBLE.length() > 2) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(DOUBLE_2));
        }
        return v.lanewise(VectorOperators.ADD, v.rearrange(DOUBLE_1));
    }

    static DoubleVector foldProd(DoubleVector lanes) {
        DoubleVector v = lanes;
        if (LoopOps.DOUBLE.length() > 4) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(DOUBLE_4));
        }
        if (LoopOps.DOUBLE.length() > 2) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(DOUBLE_2));
        }
        return v.lanewise(VectorOperators.MUL, v.rearrange(DOUBLE_1));
    }

    static DoubleVector foldMax(DoubleVector lanes) {
        DoubleVector v = lanes;
        if (LoopOps.DOUBLE.length() > 4) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(DOUBLE_4));
        }
        if (LoopOps.DOUBLE.length() > 2) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(DOUBLE_2));
        }
        return v.lanewise(VectorOperators.MAX, v.rearrange(DOUBLE_1));
    }

    static DoubleVector foldMin(DoubleVector lanes) {
        DoubleVector v = lanes;
        if (LoopOps.DOUBLE.length() > 4) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(DOUBLE_4));
        }
        if (LoopOps.DOUBLE.length() > 2) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(DOUBLE_2));
        }
        return v.lanewise(VectorOperators.MIN, v.rearrange(DOUBLE_1));
    }

    static DoubleVector sum(DoubleVector lanes, DoubleVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.ADD, value, mask);
    }

    static DoubleVector sum(DoubleVector lanes, DoubleVector value) {
        return lanes.add(value);
    }

    static DoubleVector prod(DoubleVector lanes, DoubleVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.MUL, value, mask);
    }

    static DoubleVector prod(DoubleVector lanes, DoubleVector value) {
        return lanes.mul(value);
    }

    static DoubleVector max(DoubleVector lanes, DoubleVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.MAX, value, mask);
    }

    static DoubleVector max(DoubleVector lanes, DoubleVector value) {
        return lanes.max(value);
    }

    static DoubleVector min(DoubleVector lanes, DoubleVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.MIN, value, mask);
    }

    static DoubleVector min(DoubleVector lanes, DoubleVector value) {
        return lanes.min(value);
    }

    static IntVector add(IntVector a, IntVector b) {
        return a.add(b);
    }

    static IntVector sub(IntVector a, IntVector b) {
        return a.sub(b);
    }

    static IntVector mul(IntVector a, IntVector b) {
        return a.mul(b);
    }

    static IntVector abs(IntVector a) {
        return a.abs();
    }

    static IntVector neg(IntVector a) {
        return a.neg();
    }

    static IntVector maximum(IntVector a, IntVector b) {
        return a.max(b);
    }

    static IntVector minimum(IntVector a, IntVector b) {
        return a.min(b);
    }

    static VectorMask<Float> eq(IntVector a, IntVector b) {
        return a.compare(VectorOperators.EQ, b).cast(LoopOps.FLOAT);
    }

    static VectorMask<Float> ne(IntVector a, IntVector b) {
        return a.compare(VectorOperators.NE, b).cast(LoopOps.FLOAT);
    }

    static VectorMask<Float> lt(IntVector a, IntVector b) {
        return a.compare(VectorOperators.LT, b).cast(LoopOps.FLOAT);
    }

    static VectorMask<Float> le(IntVector a, IntVector b) {
        return a.compare(VectorOperators.LE, b).cast(LoopOps.FLOAT);
    }

    static VectorMask<Float> gt(IntVector a, IntVector b) {
        return a.compare(VectorOperators.GT, b).cast(LoopOps.FLOAT);
    }

    static VectorMask<Float> ge(IntVector a, IntVector b) {
        return a.compare(VectorOperators.GE, b).cast(LoopOps.FLOAT);
    }

    static IntVector where(VectorMask<Float> which, IntVector a, IntVector b) {
        return b.blend(a, which.cast(LoopOps.INT));
    }

    static IntVector foldSum(IntVector lanes) {
        IntVector v = lanes;
        if (LoopOps.INT.length() > 8) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(INT_8));
        }
        if (LoopOps.INT.length() > 4) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(INT_4));
        }
        if (LoopOps.INT.length() > 2) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(INT_2));
        }
        return v.lanewise(VectorOperators.ADD, v.rearrange(INT_1));
    }

    static IntVector foldProd(IntVector lanes) {
        IntVector v = lanes;
        if (LoopOps.INT.length() > 8) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(INT_8));
        }
        if (LoopOps.INT.length() > 4) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(INT_4));
        }
        if (LoopOps.INT.length() > 2) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(INT_2));
        }
        return v.lanewise(VectorOperators.MUL, v.rearrange(INT_1));
    }

    static IntVector foldMax(IntVector lanes) {
        IntVector v = lanes;
        if (LoopOps.INT.length() > 8) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(INT_8));
        }
        if (LoopOps.INT.length() > 4) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(INT_4));
        }
        if (LoopOps.INT.length() > 2) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(INT_2));
        }
        return v.lanewise(VectorOperators.MAX, v.rearrange(INT_1));
    }

    static IntVector foldMin(IntVector lanes) {
        IntVector v = lanes;
        if (LoopOps.INT.length() > 8) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(INT_8));
        }
        if (LoopOps.INT.length() > 4) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(INT_4));
        }
        if (LoopOps.INT.length() > 2) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(INT_2));
        }
        return v.lanewise(VectorOperators.MIN, v.rearrange(INT_1));
    }

    static IntVector sum(IntVector lanes, IntVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.ADD, value, mask.cast(LoopOps.INT));
    }

    static IntVector sum(IntVector lanes, IntVector value) {
        return lanes.add(value);
    }

    static IntVector prod(IntVector lanes, IntVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.MUL, value, mask.cast(LoopOps.INT));
    }

    static IntVector prod(IntVector lanes, IntVector value) {
        return lanes.mul(value);
    }

    static IntVector max(IntVector lanes, IntVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.MAX, value, mask.cast(LoopOps.INT));
    }

    static IntVector max(IntVector lanes, IntVector value) {
        return lanes.max(value);
    }

    static IntVector min(IntVector lanes, IntVector value, VectorMask<Float> mask) {
        return lanes.lanewise(VectorOperators.MIN, value, mask.cast(LoopOps.INT));
    }

    static IntVector min(IntVector lanes, IntVector value) {
        return lanes.min(value);
    }

    static LongVector add(LongVector a, LongVector b) {
        return a.add(b);
    }

    static LongVector sub(LongVector a, LongVector b) {
        return a.sub(b);
    }

    static LongVector mul(LongVector a, LongVector b) {
        return a.mul(b);
    }

    static LongVector abs(LongVector a) {
        return a.abs();
    }

    static LongVector neg(LongVector a) {
        return a.neg();
    }

    static LongVector maximum(LongVector a, LongVector b) {
        return a.max(b);
    }

    static LongVector minimum(LongVector a, LongVector b) {
        return a.min(b);
    }

    static VectorMask<Double> eq(LongVector a, LongVector b) {
        return a.compare(VectorOperators.EQ, b).cast(LoopOps.DOUBLE);
    }

    static VectorMask<Double> ne(LongVector a, LongVector b) {
        return a.compare(VectorOperators.NE, b).cast(LoopOps.DOUBLE);
    }

    static VectorMask<Double> lt(LongVector a, LongVector b) {
        return a.compare(VectorOperators.LT, b).cast(LoopOps.DOUBLE);
    }

    static VectorMask<Double> le(LongVector a, LongVector b) {
        return a.compare(VectorOperators.LE, b).cast(LoopOps.DOUBLE);
    }

    static VectorMask<Double> gt(LongVector a, LongVector b) {
        return a.compare(VectorOperators.GT, b).cast(LoopOps.DOUBLE);
    }

    static VectorMask<Double> ge(LongVector a, LongVector b) {
        return a.compare(VectorOperators.GE, b).cast(LoopOps.DOUBLE);
    }

    static LongVector where(VectorMask<Double> which, LongVector a, LongVector b) {
        return b.blend(a, which.cast(LoopOps.LONG));
    }

    static LongVector foldSum(LongVector lanes) {
        LongVector v = lanes;
        if (LoopOps.LONG.length() > 4) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(LONG_4));
        }
        if (LoopOps.LONG.length() > 2) {
            v = v.lanewise(VectorOperators.ADD, v.rearrange(LONG_2));
        }
        return v.lanewise(VectorOperators.ADD, v.rearrange(LONG_1));
    }

    static LongVector foldProd(LongVector lanes) {
        LongVector v = lanes;
        if (LoopOps.LONG.length() > 4) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(LONG_4));
        }
        if (LoopOps.LONG.length() > 2) {
            v = v.lanewise(VectorOperators.MUL, v.rearrange(LONG_2));
        }
        return v.lanewise(VectorOperators.MUL, v.rearrange(LONG_1));
    }

    static LongVector foldMax(LongVector lanes) {
        LongVector v = lanes;
        if (LoopOps.LONG.length() > 4) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(LONG_4));
        }
        if (LoopOps.LONG.length() > 2) {
            v = v.lanewise(VectorOperators.MAX, v.rearrange(LONG_2));
        }
        return v.lanewise(VectorOperators.MAX, v.rearrange(LONG_1));
    }

    static LongVector foldMin(LongVector lanes) {
        LongVector v = lanes;
        if (LoopOps.LONG.length() > 4) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(LONG_4));
        }
        if (LoopOps.LONG.length() > 2) {
            v = v.lanewise(VectorOperators.MIN, v.rearrange(LONG_2));
        }
        return v.lanewise(VectorOperators.MIN, v.rearrange(LONG_1));
    }

    static LongVector sum(LongVector lanes, LongVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.ADD, value, mask.cast(LoopOps.LONG));
    }

    static LongVector sum(LongVector lanes, LongVector value) {
        return lanes.add(value);
    }

    static LongVector prod(LongVector lanes, LongVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.MUL, value, mask.cast(LoopOps.LONG));
    }

    static LongVector prod(LongVector lanes, LongVector value) {
        return lanes.mul(value);
    }

    static LongVector max(LongVector lanes, LongVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.MAX, value, mask.cast(LoopOps.LONG));
    }

    static LongVector max(LongVector lanes, LongVector value) {
        return lanes.max(value);
    }

    static LongVector min(LongVector lanes, LongVector value, VectorMask<Double> mask) {
        return lanes.lanewise(VectorOperators.MIN, value, mask.cast(LoopOps.LONG));
    }

    static LongVector min(LongVector lanes, LongVector value) {
        return lanes.min(value);
    }

    static <E> VectorMask<E> and(VectorMask<E> a, VectorMask<E> b) {
        return a.and(b);
    }

    static <E> VectorMask<E> or(VectorMask<E> a, VectorMask<E> b) {
        return a.or(b);
    }

    static <E> VectorMask<E> xor(VectorMask<E> a, VectorMask<E> b) {
        return a.xor(b);
    }

    static <E> VectorMask<E> eq(VectorMask<E> a, VectorMask<E> b) {
        return a.eq(b);
    }

    static <E> VectorMask<E> ne(VectorMask<E> a, VectorMask<E> b) {
        return a.xor(b);
    }

    static <E> VectorMask<E> maximum(VectorMask<E> a, VectorMask<E> b) {
        return a.or(b);
    }

    static <E> VectorMask<E> minimum(VectorMask<E> a, VectorMask<E> b) {
        return a.and(b);
    }

    static <E> VectorMask<E> any(VectorMask<E> a, VectorMask<E> b) {
        return a.or(b);
    }

    static <E> VectorMask<E> all(VectorMask<E> a, VectorMask<E> b) {
        return a.and(b);
    }

    static <E> VectorMask<E> not(VectorMask<E> a) {
        return a.not();
    }

    static <E> VectorMask<E> where(VectorMask<E> which, VectorMask<E> a, VectorMask<E> b) {
        return a.and(which).or(b.andNot(which));
    }

    static <E> VectorMask<E> any(VectorMask<E> lanes, VectorMask<E> value, VectorMask<E> mask) {
        return lanes.or(value.and(mask));
    }

    static <E> VectorMask<E> all(VectorMask<E> lanes, VectorMask<E> value, VectorMask<E> mask) {
        return lanes.and(value.or(mask.not()));
    }

    static <E> VectorMask<E> foldAny(VectorMask<E> lanes) {
        return lanes.vectorSpecies().maskAll(lanes.anyTrue());
    }

    static <E> VectorMask<E> foldAll(VectorMask<E> lanes) {
        return lanes.vectorSpecies().maskAll(lanes.allTrue());
    }

    static FloatVector reciprocal(FloatVector a) {
        return FloatVector.broadcast(LoopOps.FLOAT, 1).div(a);
    }

    static DoubleVector reciprocal(DoubleVector a) {
        return DoubleVector.broadcast(LoopOps.DOUBLE, 1).div(a);
    }

    static IntVector castInt(FloatVector a) {
        return (IntVector) a.convert(VectorOperators.F2I, 0);
    }

    static FloatVector castFloat(IntVector a) {
        return (FloatVector) a.convert(VectorOperators.I2F, 0);
    }

    static LongVector castLong(DoubleVector a) {
        return (LongVector) a.convert(VectorOperators.D2L, 0);
    }

    static DoubleVector castDouble(LongVector a) {
        return (DoubleVector) a.convert(VectorOperators.L2D, 0);
    }

    static VectorMask<Float> castMask4(FloatVector a) {
        return a.compare(VectorOperators.NE, 0);
    }

    static VectorMask<Float> castMask4(IntVector a) {
        return a.compare(VectorOperators.NE, 0).cast(LoopOps.FLOAT);
    }

    static VectorMask<Double> castMask8(DoubleVector a) {
        return a.compare(VectorOperators.NE, 0);
    }

    static VectorMask<Double> castMask8(LongVector a) {
        return a.compare(VectorOperators.NE, 0).cast(LoopOps.DOUBLE);
    }

    static FloatVector castFloat(VectorMask<Float> a) {
        return FloatVector.zero(LoopOps.FLOAT).blend(1, a);
    }

    static IntVector castInt(VectorMask<Float> a) {
        return IntVector.zero(LoopOps.INT).blend(1, a.cast(LoopOps.INT));
    }

    static DoubleVector castDouble(VectorMask<Double> a) {
        return DoubleVector.zero(LoopOps.DOUBLE).blend(1, a);
    }

    static LongVector castLong(VectorMask<Double> a) {
        return LongVector.zero(LoopOps.LONG).blend(1, a.cast(LoopOps.LONG));
    }
}
