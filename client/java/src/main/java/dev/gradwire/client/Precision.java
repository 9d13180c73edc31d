package dev.gradwire.client;

/** What factors inside matrix products and convolutions of float32 may be rounded to; sums stay in float32. */
public enum Precision {
    EXACT(dev.gradwire.v1.Precision.PRECISION_EXACT),
    /** 10 bits of fraction, where the device has it. */
    TF32(dev.gradwire.v1.Precision.PRECISION_TF32),
    /** 7 bits of fraction, where the device has it. */
    BFLOAT16(dev.gradwire.v1.Precision.PRECISION_BFLOAT16);

    private final dev.gradwire.v1.Precision wire;

    Precision(dev.gradwire.v1.Precision wire) {
        this.wire = wire;
    }

    dev.gradwire.v1.Precision wire() {
        return wire;
    }
}
