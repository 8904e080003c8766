//! DICOM reading, the DICOM JSON model, and the logic of QIDO, WADO and STOW.
