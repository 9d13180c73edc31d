package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.Memory.ALL;

import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Bools, which are bytes in memory, as masks of the lanes of other vectors. To be held in static final fields: the
 * compiler takes the fields of a record for constants, as it must take species.
 *
 * @param direct whether there is a vector of as many bytes; a mask of fewer lanes goes through general registers
 */
record BoolLanes<E>(VectorSpecies<E> species, VectorSpecies<Byte> bytes, boolean direct) {
    private static final long EACH_BYTE = 0x0101010101010101L;

    BoolLanes(VectorSpecies<E> species) {
        this(
                species,
                VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * species.length()))),
                species.length() >= 8);
    }

    VectorMask<E> load(long address) {
        if (direct) {
            return ByteVector.fromMemorySegment(bytes, ALL, address, ByteOrder.nativeOrder())
                    .compare(VectorOperators.NE, (byte) 0)
                    .cast(species);
        }
        return VectorMask.fromLong(species, Long.compress(Memory.getLong(address), EACH_BYTE));
    }

    void store(VectorMask<E> mask, long address) {
        if (direct) {
            ByteVector.zero(bytes)
                    .blend((byte) 1, mask.cast(bytes))
                    .intoMemorySegment(ALL, address, ByteOrder.nativeOrder());
        } else {
            long spread = Long.expand(mask.toLong(), EACH_BYTE);
            if (species.length() == 4) {
                Memory.putInt(address, (int) spread);
            } else {
                Memory.putShort(address, (short) spread);
            }
        }
    }
}
