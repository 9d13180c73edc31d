package dev.gradwire.service;

import io.grpc.Codec;
import io.grpc.Decompressor;
import io.grpc.Status;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Unpacks gzip as long as what comes out is not out of proportion to what went in. */
final class BoundedGzip implements Decompressor {
    /** Of these bytes nobody asks how they came to be. */
    private static final long FREE_BYTES = 64 << 10;

    private final Decompressor gzip = new Codec.Gzip();
    private final long maxRatio;

    BoundedGzip(long maxRatio) {
        this.maxRatio = maxRatio;
    }

    @Override
    public String getMessageEncoding() {
        return gzip.getMessageEncoding();
    }

    @Override
    public InputStream decompress(InputStream packed) throws IOException {
        Counted in = new Counted(packed);
        return new Unpacked(gzip.decompress(in), in);
    }

    /** Counts what is read. */
    private static class Counted extends FilterInputStream {
        long bytes;

        private Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int next = super.read();
            add(next < 0 ? 0 : 1);
            return next;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = super.read(target, offset, length);
            add(Math.max(count, 0));
            return count;
        }

        void add(int count) {
            bytes += count;
        }
    }

    private final class Unpacked extends Counted {
        private final Counted packed;

        private Unpacked(InputStream in, Counted packed) {
            super(in);
            this.packed = packed;
        }

        @Override
        void add(int count) {
            super.add(count);
            if (bytes > FREE_BYTES && bytes / maxRatio > packed.bytes) {
                throw Status.RESOURCE_EXHAUSTED
                        .withDescription(Problem.COMPRESSION_RATIO.text(maxRatio))
                        .withCause(new Refusal(Problem.COMPRESSION_RATIO, maxRatio)
                                .with("limit", Limit.MAX_COMPRESSION_RATIO.label()))
                        .asRuntimeException();
            }
        }

        /** Nothing unseen goes by. */
        @Override
        public long skip(long count) throws IOException {
            return count <= 0 || read() < 0 ? 0 : 1;
        }
    }
}
