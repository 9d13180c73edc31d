package dev.gradwire.service;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Program;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * Programs by their digest, and what they were decoded to, so that a client may send the digest instead. A cache, not
 * state: a client must be ready for an entry to be gone. Whoever knows a digest has, or had, the whole program.
 */
final class ProgramCache {
    /** About how many times larger a decoded program is than its message. */
    private static final int DECODED_FACTOR = 8;

    private final Cache<ByteString, Program> programs;
    private final Cache<Key, Decoded> decoded;

    private record Key(ByteString digest, @Nullable Backward backward) {}

    private record Decoded(dev.gradwire.engine.Program program, int weight) {}

    ProgramCache(long maxBytes) {
        programs = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .weigher((ByteString _, Program program) -> program.getSerializedSize())
                .build();
        decoded = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .weigher((Key _, Decoded entry) -> entry.weight)
                .build();
    }

    /** SHA-256 of the program in its deterministic serialization; names count. */
    static ByteString digest(Message program) {
        MessageDigest sha = sha256();
        CodedOutputStream out =
                CodedOutputStream.newInstance(new DigestOutputStream(OutputStream.nullOutputStream(), sha));
        out.useDeterministicSerialization();
        try {
            program.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return UnsafeByteOperations.unsafeWrap(sha.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Nullable
    Program find(ByteString digest) {
        return programs.getIfPresent(digest);
    }

    /**
     * The program in the engine's form; remembered if it is right.
     *
     * @throws Refusal when it is wrong
     */
    dev.gradwire.engine.Program decode(ByteString digest, Program program, @Nullable Backward backward, Limits limits) {
        Key key = new Key(digest, backward);
        Decoded known = decoded.getIfPresent(key);
        if (known != null) {
            return known.program;
        }
        dev.gradwire.engine.Program fresh = ProgramDecoder.decode(program, backward, limits);
        int bytes = program.getSerializedSize() + (backward == null ? 0 : backward.getSerializedSize());
        decoded.put(
                key,
                new Decoded(
                        fresh,
                        Math.multiplyExact(Math.min(bytes, Integer.MAX_VALUE / DECODED_FACTOR), DECODED_FACTOR)));
        programs.put(digest, program);
        return fresh;
    }
}
