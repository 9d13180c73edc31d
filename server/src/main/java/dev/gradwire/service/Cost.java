package dev.gradwire.service;

/**
 * What a call takes of what all calls share.
 *
 * @param bytes of tensors
 * @param flops floating point operations
 * @param nodes of programs
 */
record Cost(long bytes, long flops, long nodes) {
    static Cost ofBytes(long bytes) {
        return new Cost(bytes, 0, 0);
    }

    static Cost ofNodes(long nodes) {
        return new Cost(0, 0, nodes);
    }

    static Cost ofRun(long bytes, long flops) {
        return new Cost(bytes, flops, 0);
    }

    Cost plus(Cost other) {
        return new Cost(bytes + other.bytes, flops + other.flops, nodes + other.nodes);
    }

    Cost minus(Cost other) {
        return new Cost(bytes - other.bytes, flops - other.flops, nodes - other.nodes);
    }

    boolean isZero() {
        return bytes == 0 && flops == 0 && nodes == 0;
    }
}
