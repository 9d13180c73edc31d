package dev.gradwire.service;

/** A part of the tensor memory, held until closed; closing it again changes nothing. */
interface Lease extends AutoCloseable {
    /** As much as it was taken for. */
    long bytes();

    @Override
    void close();
}
