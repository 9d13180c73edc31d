package dev.gradwire.service;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Encoding;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Element types, shapes and encodings between the wire and the engine; refuses what is malformed or too large. */
final class WireTypes {
    private static final Map<Dtype, DType> ENGINE = new EnumMap<>(Dtype.class);
    private static final Map<DType, Dtype> WIRE = new EnumMap<>(DType.class);

    static {
        for (DType dtype : DType.values()) {
            Dtype wire = Dtype.valueOf("DTYPE_" + dtype.name());
            ENGINE.put(wire, dtype);
            WIRE.put(dtype, wire);
        }
    }

    private WireTypes() {}

    /** @param what whose type it is, for the text of an error */
    static DType dtype(Dtype wire, String what) {
        DType dtype = ENGINE.get(wire);
        if (dtype == null) {
            throw new Refusal(Problem.UNKNOWN_DTYPE, what);
        }
        return dtype;
    }

    static Dtype dtype(DType dtype) {
        Dtype wire = WIRE.get(dtype);
        if (wire == null) {
            throw new IllegalStateException(dtype + " has no place on the wire");
        }
        return wire;
    }

    /** A type within the limits, whose length in bytes fits a long. */
    static TensorType type(Dtype wire, List<Long> dims, String what, Limits limits) {
        DType dtype = dtype(wire, what);
        limits.check(Limit.MAX_RANK, dims.size(), what);
        for (long dim : dims) {
            if (dim < 0) {
                throw new Refusal(Problem.NEGATIVE_SIZE, what, dim).with("value", Long.toString(dim));
            }
        }
        try {
            TensorType type = new TensorType(dtype, Shape.of(dims));
            check(type, what, limits);
            return type;
        } catch (ArithmeticException e) {
            throw new Refusal(Problem.SIZE_OVERFLOW, what).with("value", dims.toString());
        }
    }

    /** @throws ArithmeticException when the length in bytes does not fit a long */
    static void check(TensorType type, String what, Limits limits) {
        limits.check(Limit.MAX_RANK, type.rank(), what);
        limits.check(Limit.MAX_TENSOR_ELEMENTS, type.shape().elements(), what);
        limits.check(Limit.MAX_TENSOR_BYTES, type.lengthInBytes(), what);
    }

    /** Data comes as it is; packed forms are not read yet. */
    static void requireRaw(Encoding encoding, String what) {
        if (encoding != Encoding.ENCODING_RAW && encoding != Encoding.ENCODING_UNSPECIFIED) {
            throw new Refusal(Problem.UNKNOWN_ENCODING, what);
        }
    }

    static dev.gradwire.v1.TensorType wire(TensorType type) {
        dev.gradwire.v1.TensorType.Builder wire =
                dev.gradwire.v1.TensorType.newBuilder().setDtype(dtype(type.dtype()));
        for (long dim : type.shape().dims()) {
            wire.addDims(dim);
        }
        return wire.build();
    }
}
