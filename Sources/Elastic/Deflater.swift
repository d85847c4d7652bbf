// Which deflater the build has: ISA-L with the package trait ISAL, else zlib.

#if ISAL
    /// Gzips one body at a time; owned by one thread.
    package typealias Deflater = ISALDeflater
#else
    /// Gzips one body at a time; owned by one thread.
    package typealias Deflater = ZlibDeflater
#endif
