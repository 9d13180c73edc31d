package dev.gradwire.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.Tensor;
import dev.gradwire.wire.Zstandard;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Whole tensors between messages and the engine. */
final class TensorCodec {
    private TensorCodec() {}

    /** A tensor that is part of a graph, which is not packed. */
    static dev.gradwire.tensor.Tensor decode(Tensor wire, String what, Limits limits) {
        TensorType type = type(wire, what, limits);
        WireTypes.requireRaw(wire.getEncoding(), what);
        return unpack(wire, type, what, limits);
    }

    static TensorType type(Tensor wire, String what, Limits limits) {
        return WireTypes.type(wire.getDtype(), wire.getDimsList(), what, limits);
    }

    /**
     * The tensor over the message's own bytes, which nobody changes, or over what they hold.
     *
     * @param type of the message; there is room for as much
     */
    static dev.gradwire.tensor.Tensor unpack(Tensor wire, TensorType type, String what, Limits limits) {
        ByteString data = Encodings.isRaw(wire.getEncoding())
                ? wire.getData()
                : UnsafeByteOperations.unsafeWrap(Encodings.unpack(
                        wire.getEncoding(), wire.getData().toByteArray(), type.lengthInBytes(), what, limits));
        if (data.size() != type.lengthInBytes()) {
            throw new Refusal(Problem.DATA_SIZE, what, data.size(), type, type.lengthInBytes())
                    .with("value", Integer.toString(data.size()));
        }
        MemorySegment segment = MemorySegment.ofBuffer(data.asReadOnlyByteBuffer());
        requireBools(type, segment, what);
        return new dev.gradwire.tensor.Tensor(type, segment);
    }

    /** A bool that is neither 0 nor 1 would be undefined behaviour in native code. */
    static void requireBools(TensorType type, MemorySegment data, String what) {
        if (type.dtype() != DType.BOOL) {
            return;
        }
        for (long i = 0; i < data.byteSize(); i++) {
            if ((data.get(ValueLayout.JAVA_BYTE, i) & ~1) != 0) {
                throw new Refusal(Problem.INVALID_BOOL, what);
            }
        }
    }

    /** The first element as a double. */
    static double first(Tensor wire) {
        return decode(wire, "a tensor", Limits.DEFAULT).getDouble(0);
    }

    /** @param encoding used where the tensor gets smaller by it */
    static Tensor encode(ResidentTensor tensor, Encoding encoding) {
        byte[] bytes = new byte[Math.toIntExact(tensor.type().lengthInBytes())];
        tensor.read(MemorySegment.ofArray(bytes));
        byte[] packed = Encodings.isRaw(encoding) ? null : Zstandard.pack(bytes);
        Tensor.Builder wire = Tensor.newBuilder()
                .setDtype(WireTypes.dtype(tensor.type().dtype()))
                // The array is ours alone and stays as it is.
                .setData(UnsafeByteOperations.unsafeWrap(packed == null ? bytes : packed));
        if (packed != null) {
            wire.setEncoding(encoding);
        }
        for (long dim : tensor.type().shape().dims()) {
            wire.addDims(dim);
        }
        return wire.build();
    }
}
