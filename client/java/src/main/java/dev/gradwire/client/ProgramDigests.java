package dev.gradwire.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.v1.Program;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By which digests a channel's servers know programs, the most recently used ones. How servers make them is theirs;
 * programs are told apart by a hash of this side's own. Used by any number of threads.
 */
final class ProgramDigests {
    private static final int MAX_PROGRAMS = 1024;

    /** Longer ones are not worth keeping, whoever sends them. */
    private static final int MAX_DIGEST_BYTES = 64;

    private final Map<ByteString, ByteString> digests = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteString, ByteString> eldest) {
            return size() > MAX_PROGRAMS;
        }
    };

    /** A program's key here: SHA-256 of its deterministic serialization. */
    static ByteString key(Program program) {
        MessageDigest sha;
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
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

    /** The servers' digest of a program that one of them has seen; it may be gone there. */
    synchronized @Nullable ByteString find(ByteString key) {
        return digests.get(key);
    }

    synchronized void learn(ByteString key, ByteString digest) {
        if (!digest.isEmpty() && digest.size() <= MAX_DIGEST_BYTES) {
            digests.put(key, digest);
        }
    }

    synchronized void forget(ByteString key) {
        digests.remove(key);
    }
}
