package dev.gradwire.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * How generated loops touch memory. Addresses are plain numbers: whoever runs a loop has checked
 * its operands before. Bools are bytes in memory and masks in a loop, with as many lanes as its other vectors; the 4 or 8
 * in a name is the size in bytes of these.
 */
final class LoopOps {
    static final VectorSpecies<Float> FLOAT = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, FLOAT.vectorShape());
    static final VectorSpecies<Double> DOUBLE = VectorSpecies.of(double.class, FLOAT.vectorShape());
    static final VectorSpecies<Long> LONG = VectorSpecies.of(long.class, FLOAT.vectorShape());

    static final ByteOrder ORDER = ByteOrder.nativeOrder();

    @SuppressWarnings("restricted")
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;
    static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

    static final VectorSpecies<Byte> BYTES_4 = bytes(FLOAT.length());
    static final VectorSpecies<Byte> BYTES_8 = bytes(DOUBLE.length());
    static final IntVector INT_INDEX = IntVector.zero(INT).addIndex(1);
    static final LongVector LONG_INDEX = LongVector.zero(LONG).addIndex(1);

    private LoopOps() {}

    /** Of that many lanes where the machine has such vectors; otherwise loops with bools in memory are not made. */
    private static VectorSpecies<Byte> bytes(int lanes) {
        return switch (lanes) {
            case 8 -> ByteVector.SPECIES_64;
            case 16 -> ByteVector.SPECIES_128;
            case 32 -> ByteVector.SPECIES_256;
            default -> ByteVector.SPECIES_512;
        };
    }

    /** Whether bools in memory can be read as masks of lanes of that many bytes. */
    static boolean readsBools(int laneBytes) {
        return laneBytes == 4 ? BYTES_4.length() == FLOAT.length() : BYTES_8.length() == DOUBLE.length();
    }

    static FloatVector loadFloat(long at) {
        return FloatVector.fromMemorySegment(FLOAT, ALL, at, ORDER);
    }

    static FloatVector loadFloat(long at, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(FLOAT, ALL, at, ORDER, mask);
    }

    static void store(FloatVector value, long at) {
        value.intoMemorySegment(ALL, at, ORDER);
    }

    static void store(FloatVector value, long at, VectorMask<Float> mask) {
        value.intoMemorySegment(ALL, at, ORDER, mask);
    }

    static DoubleVector loadDouble(long at) {
        return DoubleVector.fromMemorySegment(DOUBLE, ALL, at, ORDER);
    }

    static DoubleVector loadDouble(long at, VectorMask<Double> mask) {
        return DoubleVector.fromMemorySegment(DOUBLE, ALL, at, ORDER, mask);
    }

    static void store(DoubleVector value, long at) {
        value.intoMemorySegment(ALL, at, ORDER);
    }

    static void store(DoubleVector value, long at, VectorMask<Double> mask) {
        value.intoMemorySegment(ALL, at, ORDER, mask);
    }

    static IntVector loadInt(long at) {
        return IntVector.fromMemorySegment(INT, ALL, at, ORDER);
    }

    static IntVector loadInt(long at, VectorMask<Float> mask) {
        return IntVector.fromMemorySegment(INT, ALL, at, ORDER, mask.cast(INT));
    }

    static void store(IntVector value, long at) {
        value.intoMemorySegment(ALL, at, ORDER);
    }

    static void store(IntVector value, long at, VectorMask<Float> mask) {
        value.intoMemorySegment(ALL, at, ORDER, mask.cast(INT));
    }

    static LongVector loadLong(long at) {
        return LongVector.fromMemorySegment(LONG, ALL, at, ORDER);
    }

    static LongVector loadLong(long at, VectorMask<Double> mask) {
        return LongVector.fromMemorySegment(LONG, ALL, at, ORDER, mask.cast(LONG));
    }

    static void store(LongVector value, long at) {
        value.intoMemorySegment(ALL, at, ORDER);
    }

    static void store(LongVector value, long at, VectorMask<Double> mask) {
        value.intoMemorySegment(ALL, at, ORDER, mask.cast(LONG));
    }

    static VectorMask<Float> loadMask4(long at) {
        return ByteVector.fromMemorySegment(BYTES_4, ALL, at, ORDER)
                .compare(VectorOperators.NE, (byte) 0)
                .cast(FLOAT);
    }

    static VectorMask<Float> loadMask4(long at, VectorMask<Float> mask) {
        return ByteVector.fromMemorySegment(BYTES_4, ALL, at, ORDER, mask.cast(BYTES_4))
                .compare(VectorOperators.NE, (byte) 0)
                .cast(FLOAT);
    }

    static void store4(VectorMask<Float> value, long at) {
        bytes(BYTES_4, value).intoMemorySegment(ALL, at, ORDER);
    }

    static void store4(VectorMask<Float> value, long at, VectorMask<Float> mask) {
        bytes(BYTES_4, value).intoMemorySegment(ALL, at, ORDER, mask.cast(BYTES_4));
    }

    static VectorMask<Double> loadMask8(long at) {
        return ByteVector.fromMemorySegment(BYTES_8, ALL, at, ORDER)
                .compare(VectorOperators.NE, (byte) 0)
                .cast(DOUBLE);
    }

    static VectorMask<Double> loadMask8(long at, VectorMask<Double> mask) {
        return ByteVector.fromMemorySegment(BYTES_8, ALL, at, ORDER, mask.cast(BYTES_8))
                .compare(VectorOperators.NE, (byte) 0)
                .cast(DOUBLE);
    }

    static void store8(VectorMask<Double> value, long at) {
        bytes(BYTES_8, value).intoMemorySegment(ALL, at, ORDER);
    }

    static void store8(VectorMask<Double> value, long at, VectorMask<Double> mask) {
        bytes(BYTES_8, value).intoMemorySegment(ALL, at, ORDER, mask.cast(BYTES_8));
    }

    private static ByteVector bytes(VectorSpecies<Byte> species, VectorMask<?> value) {
        return ByteVector.zero(species).blend((byte) 1, value.cast(species));
    }

    /** The number at an address, in all lanes. */
    static FloatVector allFloat(long at) {
        return FloatVector.broadcast(FLOAT, ALL.get(F32, at));
    }

    static DoubleVector allDouble(long at) {
        return DoubleVector.broadcast(DOUBLE, ALL.get(F64, at));
    }

    static IntVector allInt(long at) {
        return IntVector.broadcast(INT, ALL.get(I32, at));
    }

    /** A long, or the nearest int. */
    static IntVector allNarrow(long at) {
        long number = ALL.get(I64, at);
        return IntVector.broadcast(INT, (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, number)));
    }

    static LongVector allLong(long at) {
        return LongVector.broadcast(LONG, ALL.get(I64, at));
    }

    static VectorMask<Float> allMask4(long at) {
        return FLOAT.maskAll(ALL.get(I8, at) != 0);
    }

    static VectorMask<Double> allMask8(long at) {
        return DOUBLE.maskAll(ALL.get(I8, at) != 0);
    }

    /** Stores the first lane. */
    static void put(FloatVector value, long at) {
        ALL.set(F32, at, value.lane(0));
    }

    static void put(DoubleVector value, long at) {
        ALL.set(F64, at, value.lane(0));
    }

    static void put(IntVector value, long at) {
        ALL.set(I32, at, value.lane(0));
    }

    static void put(LongVector value, long at) {
        ALL.set(I64, at, value.lane(0));
    }

    static void put4(VectorMask<Float> value, long at) {
        ALL.set(I8, at, (byte) (value.laneIsSet(0) ? 1 : 0));
    }

    static void put8(VectorMask<Double> value, long at) {
        ALL.set(I8, at, (byte) (value.laneIsSet(0) ? 1 : 0));
    }

    static FloatVector constant(float number) {
        return FloatVector.broadcast(FLOAT, number);
    }

    static DoubleVector constant(double number) {
        return DoubleVector.broadcast(DOUBLE, number);
    }

    static IntVector constant(int number) {
        return IntVector.broadcast(INT, number);
    }

    static LongVector constant(long number) {
        return LongVector.broadcast(LONG, number);
    }

    static VectorMask<Float> constant4(int number) {
        return FLOAT.maskAll(number != 0);
    }

    static VectorMask<Double> constant8(int number) {
        return DOUBLE.maskAll(number != 0);
    }

    /** The columns from one on. */
    static IntVector indexInt(long column) {
        return INT_INDEX.add((int) column);
    }

    static LongVector indexLong(long column) {
        return LONG_INDEX.add(column);
    }

    /** Of the first lanes; there are fewer than a vector has. */
    static VectorMask<Float> first4(long lanes) {
        return FLOAT.indexInRange(0, (int) lanes);
    }

    static VectorMask<Double> first8(long lanes) {
        return DOUBLE.indexInRange(0, (int) lanes);
    }
}
