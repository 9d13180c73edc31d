package dev.gradwire.service;

import dev.gradwire.v1.Encoding;
import dev.gradwire.wire.Zstandard;
import java.io.IOException;
import java.util.List;

/** How tensors' bytes may be packed here. */
final class Encodings {
    private Encodings() {}

    /** Those that are read and written, for the information of clients. */
    static List<Encoding> all() {
        return Zstandard.isAvailable()
                ? List.of(Encoding.ENCODING_RAW, Encoding.ENCODING_ZSTD)
                : List.of(Encoding.ENCODING_RAW);
    }

    /** The first one that a client accepts and this server writes; else raw. */
    static Encoding choose(List<Encoding> accepted) {
        for (Encoding encoding : accepted) {
            if (all().contains(encoding)) {
                return encoding;
            }
        }
        return Encoding.ENCODING_RAW;
    }

    static boolean isRaw(Encoding encoding) {
        return encoding == Encoding.ENCODING_RAW || encoding == Encoding.ENCODING_UNSPECIFIED;
    }

    /**
     * What packed data holds; nothing larger is ever allocated.
     *
     * @param most that it may hold
     * @throws Refusal when it holds more, more than packing makes of honest data, or is damaged
     */
    static byte[] unpack(Encoding encoding, byte[] packed, long most, String what, Limits limits) {
        if (!all().contains(encoding)) {
            throw new Refusal(Problem.UNKNOWN_ENCODING, what);
        }
        long length = Zstandard.contentBytes(packed);
        if (length < 0 || length > most) {
            throw new Refusal(Problem.DAMAGED_ENCODING, what);
        }
        limits.check(Limit.MAX_COMPRESSION_RATIO, Math.ceilDiv(length, Math.max(1, packed.length)), what);
        try {
            return Zstandard.unpack(packed, Math.toIntExact(length));
        } catch (IOException e) {
            throw new Refusal(Problem.DAMAGED_ENCODING, what);
        }
    }
}
