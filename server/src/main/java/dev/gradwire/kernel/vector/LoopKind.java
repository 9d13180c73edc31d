package dev.gradwire.kernel.vector;

import dev.gradwire.tensor.DType;
import java.lang.constant.ClassDesc;
import java.util.Locale;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/** What a value of a group is in a generated loop. */
enum LoopKind {
    FLOAT(FloatVector.class),
    INT(IntVector.class),
    DOUBLE(DoubleVector.class),
    LONG(LongVector.class),
    MASK(VectorMask.class);

    private final Class<?> type;
    private final String label;

    LoopKind(Class<?> type) {
        this.type = type;
        label = name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
    }

    /** Null for a dtype that loops do not take. */
    static @Nullable LoopKind of(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> FLOAT;
            case FLOAT64 -> DOUBLE;
            case INT32 -> INT;
            case INT64 -> LONG;
            case BOOL -> MASK;
            default -> null;
        };
    }

    Class<?> type() {
        return type;
    }

    ClassDesc desc() {
        return ClassDesc.ofDescriptor(type.descriptorString());
    }

    /** As in the names of helpers. */
    String label() {
        return label;
    }

    /** Bytes of a lane; 0 of a mask, which has lanes as its loop has. */
    int laneBytes() {
        return switch (this) {
            case FLOAT, INT -> 4;
            case DOUBLE, LONG -> 8;
            case MASK -> 0;
        };
    }
}
