package dev.gradwire.wire;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Packs and unpacks data in single Zstandard frames that state their content's size. Loads native code when first used. */
public final class Zstandard {
    /** The most that receivers let data shrink, unless they say otherwise: what shrinks more might be a bomb. */
    public static final int STANDARD_RATIO = 100;

    /** Less is not worth the time. */
    public static final int LEAST_BYTES = 1024;

    /** The fastest of the levels that are not marked fast; tensors hardly shrink any more at higher ones. */
    private static final int LEVEL = 1;

    private Zstandard() {}

    /** Whether the library can be loaded here; where it has no place to unpack itself, it cannot. */
    public static boolean isAvailable() {
        return Library.LOADED;
    }

    private static final class Library {
        private static final boolean LOADED = load();

        private static boolean load() {
            try {
                Native.load();
                return Native.isLoaded();
            } catch (LinkageError | RuntimeException e) {
                return false;
            }
        }
    }

    /** A frame; null where the data is small, hardly shrinks, or shrinks so much that receivers would refuse it. */
    public static byte @Nullable [] pack(byte[] data) {
        if (data.length < LEAST_BYTES || !isAvailable()) {
            return null;
        }
        byte[] packed = Zstd.compress(data, LEVEL);
        boolean good =
                packed.length < data.length - data.length / 8 && (long) packed.length * STANDARD_RATIO >= data.length;
        return good ? packed : null;
    }

    /** How long a frame says that its content is; -1 where it does not say, or is no frame. */
    public static long contentBytes(byte[] frame) {
        if (frame.length == 0 || !isAvailable()) {
            return -1;
        }
        try {
            return Zstd.getFrameContentSize(frame);
        } catch (ZstdException e) {
            return -1;
        }
    }

    /**
     * The content of a frame.
     *
     * @param length of the content, which the caller has judged
     * @throws IOException when it is no frame with just such a content
     */
    public static byte[] unpack(byte[] frame, int length) throws IOException {
        if (contentBytes(frame) != length) {
            throw new IOException("the frame does not hold " + length + " bytes");
        }
        byte[] content = new byte[length];
        try {
            if (Zstd.decompressByteArray(content, 0, length, frame, 0, frame.length) != length) {
                throw new IOException("the frame is cut short");
            }
        } catch (ZstdException e) {
            throw new IOException("the frame is damaged", e);
        }
        return content;
    }
}
