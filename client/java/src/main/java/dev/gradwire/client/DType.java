package dev.gradwire.client;

import dev.gradwire.v1.Dtype;
import java.util.Locale;

/** Element types, in PyTorch's names. */
public enum DType {
    FLOAT32(4, Dtype.DTYPE_FLOAT32),
    FLOAT64(8, Dtype.DTYPE_FLOAT64),
    FLOAT16(2, Dtype.DTYPE_FLOAT16),
    /** The upper half of a {@link #FLOAT32}. */
    BFLOAT16(2, Dtype.DTYPE_BFLOAT16),
    INT8(1, Dtype.DTYPE_INT8),
    INT16(2, Dtype.DTYPE_INT16),
    INT32(4, Dtype.DTYPE_INT32),
    INT64(8, Dtype.DTYPE_INT64),
    UINT8(1, Dtype.DTYPE_UINT8),
    BOOL(1, Dtype.DTYPE_BOOL),
    /** Real and imaginary part as {@link #FLOAT32} each. */
    COMPLEX64(8, Dtype.DTYPE_COMPLEX64),
    /** Real and imaginary part as {@link #FLOAT64} each. */
    COMPLEX128(16, Dtype.DTYPE_COMPLEX128);

    private final int sizeInBytes;
    private final Dtype wire;

    DType(int sizeInBytes, Dtype wire) {
        this.sizeInBytes = sizeInBytes;
        this.wire = wire;
    }

    public int sizeInBytes() {
        return sizeInBytes;
    }

    public boolean isFloating() {
        return this == FLOAT32 || this == FLOAT64 || this == FLOAT16 || this == BFLOAT16;
    }

    public boolean isComplex() {
        return this == COMPLEX64 || this == COMPLEX128;
    }

    /** Whether tensors of this type can require grad. */
    public boolean isDifferentiable() {
        return isFloating() || isComplex();
    }

    /** PyTorch's name, e.g. {@code float32}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    Dtype wire() {
        return wire;
    }

    static DType of(Dtype wire) {
        for (DType type : values()) {
            if (type.wire == wire) {
                return type;
            }
        }
        throw new IllegalArgumentException("this client does not know the element type " + wire);
    }
}
