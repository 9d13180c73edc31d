package dev.gradwire.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.Options;
import dev.gradwire.wire.Zstandard;
import java.io.IOException;

/** How tensors' bytes are made smaller for the way, where the options ask for it. */
final class Packing {
    private static final Encoding ENCODING = Encoding.ENCODING_ZSTD;

    private Packing() {}

    static Options asked(Options options, boolean packed) {
        Options.Builder changed = options.toBuilder().clearAcceptEncodings();
        return (packed ? changed.addAcceptEncodings(ENCODING) : changed).build();
    }

    /** Whoever can read packed answers sends packed tensors. */
    static boolean isAsked(Options options) {
        return options.getAcceptEncodingsList().contains(ENCODING);
    }

    /** Bytes as they travel. */
    record Packed(ByteString bytes, Encoding encoding) {
        static Packed of(ByteString bytes, boolean wanted) {
            byte[] frame = wanted ? Zstandard.pack(bytes.toByteArray()) : null;
            return frame == null
                    ? new Packed(bytes, Encoding.ENCODING_UNSPECIFIED)
                    : new Packed(UnsafeByteOperations.unsafeWrap(frame), ENCODING);
        }
    }

    static boolean isRaw(Encoding encoding) {
        return encoding == Encoding.ENCODING_RAW || encoding == Encoding.ENCODING_UNSPECIFIED;
    }

    /**
     * What a frame holds.
     *
     * @param most that it may hold; nothing larger is allocated
     * @throws IllegalArgumentException when it holds more, or is no frame
     */
    static ByteString unpack(Encoding encoding, byte[] frame, long most) {
        long length = encoding == ENCODING ? Zstandard.contentBytes(frame) : -1;
        if (length < 0 || length > most) {
            throw new IllegalArgumentException("a tensor is packed in a way that this client does not read");
        }
        try {
            return UnsafeByteOperations.unsafeWrap(Zstandard.unpack(frame, Math.toIntExact(length)));
        } catch (IOException e) {
            throw new IllegalArgumentException("a packed tensor is damaged", e);
        }
    }
}
